// Trains a classifier of handwritten digits on the 60,000 images of MNIST and tests it on the 10,000
// others. `npm start` runs it; `npm start -- --help` lists the options.
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { data, fit, io, manualSeed, metrics, nn, optim } from '../ts/index.js'
import { chooseBackend, wholeNumber } from './support/arguments.js'
import { ClassReport, percent } from './support/class-report.js'
import { digits, mnistFolder, readImages } from './support/images.js'
import { announce, test } from './support/training.js'

const HELP = `npm start -- [options]
  --backend native|reference   what computes (native: SIMD kernels; reference: plain TypeScript)
  --epochs N                   passes over the training images (6)
  --batch-size N               images a step (64)
  --seed N                     of weights and shuffling (42)
  --samples N                  train on the first N images only (60000)
  --out FILE                   where the weights go (out/mnist.safetensors), and the report beside them`

const { values: given } = parseArgs({
  options: {
    backend: { type: 'string' },
    epochs: { type: 'string', default: '6' },
    'batch-size': { type: 'string', default: '64' },
    seed: { type: 'string', default: '42' },
    samples: { type: 'string', default: '60000' },
    out: { type: 'string', default: 'out/mnist.safetensors' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (given.help) {
  console.log(HELP)
  process.exit()
}
const epochs = wholeNumber('epochs', given.epochs, 1)
const batchSize = wholeNumber('batch-size', given['batch-size'], 1)
const samples = Math.min(wholeNumber('samples', given.samples, 1), 60_000)
const seed = wholeNumber('seed', given.seed, 0)

chooseBackend(given.backend)
manualSeed(seed)
announce()

const train = await readImages(mnistFolder(), 'train', samples)
const testImages = await readImages(mnistFolder(), 't10k', 10_000)
const trainLoader = new data.DataLoader(train, { batchSize, shuffle: true })
const testLoader = new data.DataLoader(testImages, { batchSize: 500 })

const model = new nn.Sequential(
  new nn.Flatten(),
  new nn.Linear(784, 256),
  new nn.ReLU(),
  new nn.Linear(256, 10),
)
const criterion = new nn.CrossEntropyLoss()
const optimizer = new optim.Adam(model.parameters(), { lr: 2e-3 })
const weights = model.parameters().reduce((count, parameter) => count + parameter.length, 0)
console.log(
  `${model.toString()}\n${weights} weights, ${train.length} images to learn, ${testImages.length} to test\n`,
)

// The learning rate falls to 0 along half a cosine.
const scheduler = new optim.CosineAnnealingLR(optimizer, { tMax: epochs })
const history = await fit(model, trainLoader, {
  criterion,
  optimizer,
  scheduler,
  epochs,
  validation: testLoader,
  metrics: ['accuracy', new metrics.ConfusionMatrix({ labels: digits })],
  progress: true,
})
const seconds = history.epochs.reduce((sum, epoch) => sum + epoch.seconds, 0)

const report = new ClassReport(digits)
const testLoss = test(model, testLoader, report)
console.log(`\ntrained in ${seconds.toFixed(1)} s; test loss ${testLoss.toFixed(4)}`)
console.log(`test accuracy ${percent(report.accuracy)}\n`)
console.log(report.table('digit'))

await mkdir(path.dirname(path.resolve(given.out)), { recursive: true })
await io.saveSafetensors(model.stateDict(), given.out, {
  metadata: { accuracy: report.accuracy.toFixed(4), epochs: String(epochs), seed: String(seed) },
})
console.log(`\nweights saved to ${path.resolve(given.out)}`)
const page = path.resolve(`${given.out.replace(/\.safetensors$/, '')}.html`)
await history.report(page, { title: 'Handwritten digits' })
console.log(`report of the training: ${page}`)

if (samples === 60_000 && epochs >= 6 && report.accuracy < 0.975) {
  console.error('the test accuracy is below 97.5 %')
  process.exitCode = 1
}
