// Trains on ranks of which the last one makes the others wait, and tells what the history says of that.
import path from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

import { callbacks, data, distributed, fit, full, nn, optim, randn } from '../../../dist/index.js'
import { say } from './say.mjs'

const [folder, capture] = process.argv.slice(2)
const world = await distributed.init()
const { rank, size } = world

/** The other ranks go on at once, to the next step, where they wait. */
const slow = { onBatchEnd: () => (rank === size - 1 ? sleep(60) : undefined) }

const model = new nn.Linear(4, 2)
const loader = new data.DataLoader([randn([48, 4]), full([48], 1, { dtype: 'int32' })], {
  batchSize: 4,
})
const checkpoint = path.join(folder, 'run.ckpt')
const train = (epochs) =>
  fit(model, loader, {
    criterion: new nn.CrossEntropyLoss(),
    optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
    distributed: world,
    progress: true,
    callbacks: [slow, new callbacks.CSVLogger({ path: path.join(folder, 'log.csv') })],
    capture: capture === 'captured',
    ...{ epochs, checkpoint, resume: epochs === 2 },
  })
await train(1)
await world.barrier() // rank 0 writes the checkpoint
const history = await train(2)
const page = await history.toHTML()
const { mode, facts, epochs } = JSON.parse(JSON.stringify(history))
say({
  ...{ rank, mode, page, ranks: facts.ranks, waited: world.waitedSeconds },
  epochs: epochs.map(({ ranks, seconds }) => ({ ranks, seconds })),
})
