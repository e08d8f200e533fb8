// A residual network for handwritten digits whose blocks are written as they are thought: a `forward` of
// functions and layers, and no gradient by hand. Run: npx tsx examples/resnet-mnist.ts
import { add, data, fit, mean, nn, optim, type Tensor } from '../ts/index.js'
import { imageOptions } from './support/arguments.js'
import { ClassReport, percent } from './support/class-report.js'
import { digits, mnistFolder, readImages } from './support/images.js'
import { announce, test } from './support/training.js'

const GOAL = { accuracy: 0.992, epochs: 5 }
const options = imageOptions({ epochs: GOAL.epochs, batchSize: 128 })
const { epochs, batchSize } = options

const conv = (inputs: number, outputs: number, stride = 1): nn.Conv2d =>
  new nn.Conv2d(inputs, outputs, 3, { stride, padding: 1, bias: false })

/** Two convolutions beside a way round them. */
class Block extends nn.Module {
  readonly relu = new nn.ReLU()
  readonly conv1: nn.Conv2d
  readonly norm1: nn.BatchNorm2d
  readonly conv2: nn.Conv2d
  readonly norm2: nn.BatchNorm2d
  readonly shortcut: nn.Conv2d | nn.Identity

  constructor(inputs: number, outputs: number, stride: number) {
    super()
    this.conv1 = conv(inputs, outputs, stride)
    this.norm1 = new nn.BatchNorm2d(outputs)
    this.conv2 = conv(outputs, outputs)
    this.norm2 = new nn.BatchNorm2d(outputs)
    this.shortcut =
      stride === 1 && inputs === outputs
        ? new nn.Identity()
        : new nn.Conv2d(inputs, outputs, 1, { stride, bias: false })
  }

  override forward(x: Tensor): Tensor {
    const h = this.relu.forward(this.norm1.forward(this.conv1.forward(x)))
    return this.relu.forward(
      add(this.norm2.forward(this.conv2.forward(h)), this.shortcut.forward(x)),
    )
  }
}

class ResNet extends nn.Module {
  readonly shift = new nn.RandomCrop(28, { padding: 2 })
  readonly stem = conv(1, 16, 2)
  readonly norm = new nn.BatchNorm2d(16)
  readonly blocks = new nn.Sequential(
    new Block(16, 16, 1),
    new Block(16, 32, 2),
    new Block(32, 32, 1),
  )
  readonly head = new nn.Linear(32, 10)

  override forward(images: Tensor): Tensor {
    const h = this.blocks.forward(this.norm.forward(this.stem.forward(this.shift.forward(images))))
    return this.head.forward(mean(h, [2, 3]))
  }
}

announce()
const train = await readImages(mnistFolder(), 'train', options.samples)
const testImages = await readImages(mnistFolder(), 't10k', options.testSamples)
const model = new ResNet()
const weights = model.parameters().reduce((count, parameter) => count + parameter.length, 0)
console.log(`${weights} weights, ${train.length} images to learn, ${testImages.length} to test\n`)

const loader = new data.DataLoader(train, { batchSize, shuffle: true })
const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-2 })
await fit(model, loader, {
  ...{ criterion: new nn.CrossEntropyLoss(), optimizer, epochs, metrics: ['accuracy'] },
  scheduler: new optim.OneCycleLR(optimizer, { maxLr: 1e-2, totalSteps: epochs * loader.length }),
  schedulerInterval: 'step',
  progress: true,
})
const report = new ClassReport(digits)
const loss = test(model, new data.DataLoader(testImages, { batchSize: 250 }), report)
console.log(`test loss ${loss.toFixed(4)}, test accuracy ${percent(report.accuracy)}`)
console.log(`\n${report.matrix()}`)

if (options.full && epochs >= GOAL.epochs && report.accuracy < GOAL.accuracy) {
  console.error(`the test accuracy is below ${percent(GOAL.accuracy)}`)
  process.exitCode = 1
}
