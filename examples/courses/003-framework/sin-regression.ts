// A small regression in the manner of a course's last exercise: learn y = sin x1 + … + sin x8 from
// 2,048 samples, with the training loop written out. Run: npx tsx examples/courses/003-framework/sin-regression.ts
import { parseArgs } from 'node:util'
import { data, manualSeed, nn, optim, randn, type Tensor, zeros } from '../../../ts/index.js'
import { chooseBackend, wholeNumber } from '../../support/arguments.js'

const { values: given } = parseArgs({
  options: {
    backend: { type: 'string' },
    epochs: { type: 'string', default: '100' },
    seed: { type: 'string', default: '42' },
  },
})
const epochs = wholeNumber('epochs', given.epochs, 1)
chooseBackend(given.backend)
manualSeed(wholeNumber('seed', given.seed, 0))

/** Rows of 8 normal numbers, and the sum of their sines as a column. */
function samples(count: number): [Tensor, Tensor] {
  const x = randn([count, 8])
  const y = zeros([count, 1])
  for (let row = 0; row < count; row++) {
    for (const value of x.row(row).data) y.data[row]! += Math.sin(value)
  }
  return [x, y]
}

const trainLoader = new data.DataLoader(samples(2048), { batchSize: 64, shuffle: true })
const testLoader = new data.DataLoader(samples(512), { batchSize: 64 })

const model = new nn.Sequential(
  new nn.Linear(8, 32),
  new nn.BatchNorm1d(32),
  new nn.ReLU(),
  new nn.Linear(32, 64),
  new nn.Dropout(0.25),
  new nn.Sigmoid(),
  new nn.Linear(64, 1),
)
const optimizer = new optim.Adam(model.parameters(), { lr: 1e-2 })
const criterion = new nn.MSELoss()

let testLoss = NaN
for (let epoch = 1; epoch <= epochs; epoch++) {
  let trainLoss = 0
  model.train()
  for (const [x, y] of trainLoader) {
    optimizer.zeroGrad()
    const prediction = model.forward(x)
    const loss = criterion.forward(prediction, y)
    model.backward(x, criterion.backward(prediction, y))
    optimizer.step()
    trainLoss += loss.item() * x.shape[0]!
  }

  testLoss = 0
  model.eval()
  for (const [x, y] of testLoader) {
    testLoss += criterion.forward(model.forward(x), y).item() * x.shape[0]!
  }

  trainLoss /= trainLoader.numSamples
  testLoss /= testLoader.numSamples
  if (epoch % 10 === 0 || epoch === epochs) {
    console.log(
      `epoch ${epoch}: train loss ${trainLoss.toFixed(4)}, test loss ${testLoss.toFixed(4)}`,
    )
  }
}

if (epochs >= 100 && !(testLoss < 0.35)) {
  console.error('the test loss is not below 0.35')
  process.exitCode = 1
}
