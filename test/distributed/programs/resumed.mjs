// A training that goes on from its checkpoint: of 240 epochs, which take some 20 ms each unless told otherwise.
import { createHash } from 'node:crypto'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

import { data, distributed, empty, fit, manualSeed, nn, optim } from '../../../dist/index.js'
import { say } from './say.mjs'

const [path, pause] = process.argv.slice(2)
// Before MPI is started, for that is a moment like any other.
console.log(JSON.stringify({ rank: -1, pid: process.pid }))
const world = await distributed.init({ timeout: 1500 })
const { rank } = world
console.log(JSON.stringify({ rank, pid: process.pid }))

const made = (shape, f) => {
  const result = empty(shape, 'float64')
  for (let i = 0; i < result.length; i++) result.data[i] = f(i)
  return result
}
const x = made([240, 6], (i) => Math.sin(i * 1.7))
const y = made([240, 2], (i) => Math.cos(i * 0.3))
manualSeed(1)
const layers = [new nn.Linear(6, 16, { dtype: 'float64' }), new nn.Tanh(), new nn.Dropout(0.2)]
const model = new nn.Sequential(...layers, new nn.Linear(16, 2, { dtype: 'float64' }))
const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 })
const loader = new data.DataLoader([x, y], { batchSize: 8, shuffle: true })
const { steps } = await fit(model, loader, {
  criterion: new nn.MSELoss(),
  optimizer,
  epochs: 240,
  distributed: world,
  checkpoint: { path, everySteps: 3 },
  resume: true,
  callbacks: [{ onEpochEnd: () => sleep(Number(pause)) }],
})
const hash = createHash('sha256')
for (const { data: numbers } of model.parameters()) hash.update(numbers)
say({ rank, steps, digest: hash.digest('hex') })
