// Digits squeezed into 32 numbers each and drawn again from these: an autoencoder. Writes a PNG with test
// images above what became of them. Run: npx tsx examples/autoencoder.ts [FILE.png]
import { cat, data, fit, mean, nn, noGrad, optim, square, sub, type Tensor } from '../ts/index.js'
import { imageOptions } from './support/arguments.js'
import { mnistFolder, readImages } from './support/images.js'
import { saveSheet } from './support/sheet.js'
import { announce } from './support/training.js'

const GOAL = { error: 0.008, epochs: 6 }
const options = imageOptions({ epochs: GOAL.epochs, batchSize: 128 })
const { epochs, batchSize } = options
const [file = 'out/autoencoder.png'] = options.positionals

class Autoencoder extends nn.Module {
  readonly encoder = new nn.Sequential(
    new nn.Flatten(),
    new nn.Linear(784, 256),
    new nn.ReLU(),
    new nn.Linear(256, 32),
  )
  readonly decoder = new nn.Sequential(
    new nn.Linear(32, 256),
    new nn.ReLU(),
    new nn.Linear(256, 784),
    new nn.Sigmoid(),
  )

  override forward(images: Tensor): Tensor {
    return this.decoder.forward(this.encoder.forward(images)).reshape(images.shape)
  }
}

announce()
const [images] = (await readImages(mnistFolder(), 'train', options.samples)).tensors
const test = await readImages(mnistFolder(), 't10k', options.testSamples)

// An image is its own target.
const pairs = new data.TensorDataset([images, images], { scale: [1 / 255, 1 / 255] })
const loader = new data.DataLoader(pairs, { batchSize, shuffle: true })
const model = new Autoencoder()
const optimizer = new optim.Adam(model.parameters(), { lr: 2e-3 })
await fit(model, loader, {
  ...{ criterion: new nn.BCELoss(), optimizer, epochs, progress: true },
  scheduler: new optim.CosineAnnealingLR(optimizer, { tMax: epochs }),
})

// The mean of all test images is what could be drawn of one without knowing it.
const seen = [...new data.DataLoader(test, { batchSize: 500 })].map(([batch]) => batch)
const drawn = noGrad(() => seen.map((batch) => model.forward(batch)))
const average = mean(cat(seen), 0, { keepdim: true })
const errorOf = (of: (i: number) => Tensor): number =>
  mean(cat(seen.map((batch, i) => square(sub(batch, of(i)))))).item()
const error = errorOf((i) => drawn[i]!)
const known = errorOf(() => average)
console.log(`mean squared error ${error.toFixed(4)}, of the mean of all images ${known.toFixed(4)}`)

await saveSheet(cat([seen[0]!.narrow(0, 0, 16), drawn[0]!.narrow(0, 0, 16)]), 16, file)
console.log(`drawn to ${file}`)
if (options.full && epochs >= GOAL.epochs && error > GOAL.error) {
  console.error(`the error is above ${GOAL.error}`)
  process.exitCode = 1
}
