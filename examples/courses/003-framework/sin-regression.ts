// The last cell of the course's framework: learn y = sin x1 + … + sin x8 from 2,048 samples, with the
// training loop written out and by fit. Run: npx tsx examples/courses/003-framework/sin-regression.ts
import { parseArgs } from 'node:util'
import { chooseBackend, wholeNumber } from '../../support/arguments.js'
import { type Losses, sameState, setting, trainByFit, trainByLoop } from './training.js'

const { values: given } = parseArgs({
  options: {
    backend: { type: 'string' },
    epochs: { type: 'string', default: '100' },
    seed: { type: 'string', default: '42' },
  },
})
const epochs = wholeNumber('epochs', given.epochs, 1)
const seed = wholeNumber('seed', given.seed, 0)
chooseBackend(given.backend)

const shown = ({ train, test }: Losses): string =>
  `train loss ${train.toFixed(4)}, test loss ${test.toFixed(4)}`

const byLoop = setting(seed)
const losses = trainByLoop(byLoop, epochs, (epoch, losses) => {
  if (epoch % 10 === 0 || epoch === epochs) console.log(`epoch ${epoch}: ${shown(losses)}`)
})

const byFit = setting(seed)
const history = await trainByFit(byFit, epochs)
const { loss, valLoss } = history.last
const same = sameState(byLoop.model, byFit.model)
console.log(`fit, ${history.mode}: ${shown({ train: loss!, test: valLoss! })}`)
console.log(`both models are ${same ? 'the same to the last bit' : 'different'}`)

if (!same) process.exitCode = 1
if (epochs >= 100 && !(losses.test < 0.35)) {
  console.error('the test loss is not below 0.35')
  process.exitCode = 1
}
