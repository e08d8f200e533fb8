import { argmax, data, info, nn, optim, type Tensor } from '../../ts/index.js'
import type { ImageOptions } from './arguments.js'
import { ClassReport, percent } from './class-report.js'
import type { Images } from './images.js'
import { EpochProgress } from './progress.js'

type Batches = data.DataLoader<[Tensor, Tensor]>

/** Says what computes. */
export function announce(): void {
  const { version, backend, isa, threads, cpu } = info()
  const row = isa === null ? '' : ` (${isa})`
  const pool = `${threads} thread${threads === 1 ? '' : 's'}`
  console.log(`gradlane ${version}: ${backend} backend${row}, ${pool}, ${cpu}`)
}

/**
 * Trains a classifier with cross entropy and Adam, whose learning rate falls to 0 along half a
 * cosine; tests it after each epoch.
 *
 * @returns the answers to the test images after the last epoch.
 */
export function learn(
  model: nn.Module,
  train: Images,
  testImages: Images,
  classes: readonly string[],
  { epochs, batchSize }: ImageOptions,
): ClassReport {
  console.log(
    `${model.toString()}\n${train.length} images to learn, ${testImages.length} to test\n`,
  )
  const trainLoader = new data.DataLoader(train, { batchSize, shuffle: true })
  const testLoader = new data.DataLoader(testImages, { batchSize: 250 })
  const criterion = new nn.CrossEntropyLoss()
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 })
  const group = optimizer.paramGroups[0]!
  const { lr } = group
  const steps = epochs * trainLoader.length
  let step = 0
  let report = new ClassReport(classes)
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const progress = new EpochProgress(`epoch ${epoch}/${epochs}`, train.length)
    model.train()
    for (const [images, labels] of trainLoader) {
      group.lr = (lr * (1 + Math.cos((Math.PI * step++) / steps))) / 2
      optimizer.zeroGrad()
      const prediction = model.forward(images)
      const loss = criterion.forward(prediction, labels)
      model.backwardParameters(images, criterion.backward(prediction, labels))
      optimizer.step()
      progress.update(labels.length, loss.item())
    }
    progress.finish()
    report = new ClassReport(classes)
    const loss = test(model, testLoader, report)
    console.log(`test loss ${loss.toFixed(4)}, test accuracy ${percent(report.accuracy)}`)
  }
  return report
}

/** Mean cross entropy of a classifier over all batches; counts its answers in `report`. */
export function test(model: nn.Module, batches: Batches, report: ClassReport): number {
  const criterion = new nn.CrossEntropyLoss()
  let loss = 0
  model.eval()
  for (const [images, labels] of batches) {
    const prediction = model.forward(images)
    loss += criterion.forward(prediction, labels).item() * labels.length
    report.add(labels.data, argmax(prediction, 1).data)
  }
  return loss / batches.numSamples
}
