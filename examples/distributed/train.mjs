// Trains a convolutional network on images of CIFAR's shape, alone or on as many ranks as a launcher starts:
//   node train.mjs
//   mpirun -n 4 node train.mjs
// Started again, it goes on from its checkpoint, on as many ranks as there are then.
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'

import { data, distributed, fit, manualSeed, nn, optim } from 'gradlane'
import { cifar, striped } from './images.mjs'

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' }, // a folder with CIFAR-10's files of bytes; default: images by a formula
    samples: { type: 'string', default: '5000' }, // of the latter
    epochs: { type: 'string', default: '5' },
    batch: { type: 'string', default: '128' }, // of all ranks together, so results do not depend on their number
    checkpoint: { type: 'string', default: 'run.ckpt' }, // rank 0 reads and writes it
    every: { type: 'string', default: '50' }, // steps between two checkpoints
    report: { type: 'string', default: 'report.html' },
  },
})

const world = await distributed.init()
manualSeed(1)

async function datasets() {
  if (options.data === undefined) {
    const samples = Number(options.samples)
    return [striped(samples, 1), striped(Math.ceil(samples / 5), 2)]
  }
  const files = (await readdir(options.data)).filter((name) => name.endsWith('.bin')).sort()
  const within = (names) => names.map((name) => path.join(options.data, name))
  const isTest = (name) => name.startsWith('test')
  return [
    await cifar(within(files.filter((name) => !isTest(name)))),
    await cifar(within(files.filter(isTest))),
  ]
}

const block = (inputs, outputs) => [
  new nn.Conv2d(inputs, outputs, 3, { padding: 1, bias: false }),
  new nn.BatchNorm2d(outputs, { sync: true }), // by the samples of all ranks
  new nn.ReLU(),
  new nn.MaxPool2d(2),
]
const model = new nn.Sequential(
  ...block(3, 16),
  ...block(16, 32),
  ...block(32, 64),
  new nn.Flatten(),
  new nn.Linear(64 * 4 * 4, 10),
)

const [training, testing] = await datasets()
const batchSize = Math.ceil(Number(options.batch) / world.size)
const loader = new data.DataLoader(training, { batchSize, shuffle: true })
const epochs = Number(options.epochs)
const optimizer = new optim.AdamW(model.parameters(), { lr: 5e-3 })
const totalSteps = epochs * Math.ceil(loader.length / world.size)

const history = await fit(model, loader, {
  ...{ criterion: new nn.CrossEntropyLoss(), optimizer, epochs, metrics: ['accuracy'] },
  scheduler: new optim.OneCycleLR(optimizer, { maxLr: 5e-3, totalSteps }),
  schedulerInterval: 'step',
  validation: new data.DataLoader(testing, { batchSize }),
  distributed: world,
  checkpoint: { path: options.checkpoint, everySteps: Number(options.every) },
  resume: true,
  progress: true,
})

if (world.rank === 0) {
  const where = world.size === 1 ? 'one process' : `${world.size} ranks`
  console.log(`accuracy ${history.last.valAccuracy.toFixed(4)} by ${where}`)
  await history.report(options.report, { title: `Training by ${where}` })
}
await world.close()
