// A training without an end. Each rank tells that it is under way, and by what it failed.
import process from 'node:process'

import { data, distributed, fit, nn, optim, rand, randint } from '../../../dist/index.js'
import { say } from './say.mjs'

const world = await distributed.init({ timeout: Number(process.argv[2]) })
const { rank } = world
const model = new nn.Sequential(new nn.Linear(64, 256), new nn.ReLU(), new nn.Linear(256, 4))
const loader = new data.DataLoader([rand([512, 64]), randint(0, 4, [512])], { batchSize: 32 })
try {
  await fit(model, loader, {
    criterion: new nn.CrossEntropyLoss(),
    optimizer: new optim.SGD(model.parameters(), { lr: 0.01 }),
    epochs: 1_000_000,
    distributed: world,
    callbacks: [{ onEpochEnd: ({ epoch }) => epoch === 3 && console.log(`{"rank":${rank}}`) }],
  })
} catch (error) {
  say({ rank, code: error.code, message: error.message, at: Date.now() })
  throw error
}
