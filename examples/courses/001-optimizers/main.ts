// Four optimizers on y = x², and the roots of x² - 6x + 4 by gradient descent.
// Run: npx tsx examples/courses/001-optimizers/main.ts
import { parseArgs } from 'node:util'
import { chooseBackend, wholeNumber } from '../../support/arguments.js'
import { learn, type OptimizerName, optimizers } from './regression.js'
import { roots } from './roots.js'

const { values: given } = parseArgs({
  options: {
    backend: { type: 'string' },
    epochs: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
  },
})
const epochs = wholeNumber('epochs', given.epochs, 1)
const seed = wholeNumber('seed', given.seed, 0)
chooseBackend(given.backend)

for (const name of Object.keys(optimizers) as OptimizerName[]) {
  console.log(`${name}: epoch, predictions at 1, 2, -1, -2`)
  let epoch = 0
  for await (const predictions of learn(name, seed, epochs)) {
    console.log(epoch++, ...predictions.map((value) => value.toFixed(4)))
  }
}

console.log('roots of x² - 6x + 4: steps, root')
for (const { steps, x } of roots(1, -6, 4)) console.log(steps, x)
