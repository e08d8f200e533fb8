// Trains with checkpoints until it is done or killed: training.mjs FILE. Prints a digest of the weights.
import { createHash } from 'node:crypto'

import { data, fit, Generator, manualSeed, nn, optim, randn, tensor } from '../../../dist/index.js'

const generator = new Generator(1)
const rows = 203
const x = randn([rows, 12], { generator })
const y = tensor(
  Array.from({ length: rows }, (_, i) => (x.data[12 * i] > 0 ? 1 : 0)),
  { dtype: 'int32' },
)
manualSeed(5)
const model = new nn.Sequential(
  new nn.Linear(12, 64),
  new nn.BatchNorm1d(64),
  new nn.ReLU(),
  new nn.Dropout(0.2),
  new nn.Linear(64, 2),
)
const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 })
process.stdout.write('ready\n')
const history = await fit(model, new data.DataLoader([x, y], { batchSize: 8, shuffle: true }), {
  criterion: new nn.CrossEntropyLoss(),
  optimizer,
  scheduler: new optim.CosineAnnealingLR(optimizer, { tMax: 20 }),
  metrics: ['accuracy'],
  epochs: 20,
  checkpoint: { path: process.argv[2], everySteps: 3 },
  resume: true,
})
const hash = createHash('sha256')
for (const part of Object.values(model.stateDict())) hash.update(part.data)
hash.update(JSON.stringify(history.epochs.map(({ epoch, logs, lr }) => ({ epoch, logs, lr }))))
process.stdout.write(`${hash.digest('hex')}\n`)
