// A course's own network package: layers with their Jacobians, checked by central differences, and
// three networks trained on MNIST as in the document, with its figures beside ours.
// Run: npx tsx examples/courses/004-network/main.ts [dense] [hidden] [conv]
import { parseArgs } from 'node:util'
import { manualSeed } from '../../../ts/index.js'
import { chooseBackend, wholeNumber } from '../../support/arguments.js'
import { checks } from './checks.js'
import { everyNth, learn, type RunName, runs } from './networks.js'

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: 'string' },
    epochs: { type: 'string', default: '5' },
    seed: { type: 'string', default: '42' },
  },
})
const epochs = wholeNumber('epochs', given.epochs, 1)
chooseBackend(given.backend)
manualSeed(wholeNumber('seed', given.seed, 0))

const names = Object.keys(runs) as RunName[]
const unknown = positionals.find((name) => !Object.hasOwn(runs, name))
if (unknown !== undefined) {
  console.error(`expected networks among ${names.join(', ')}, got ${unknown}`)
  process.exit(2)
}

for (const { title, error } of checks) {
  const difference = error()
  const passed = difference < 0.01
  console.log(`${title}: ${passed ? 'PASSED' : `FAILED, ${difference}`}`)
  if (!passed) process.exitCode = 1
}

for (const name of positionals.length > 0 ? (positionals as RunName[]) : names) {
  const run = runs[name]
  const { accuracy, stepsPerSecond } = learn(run, await everyNth(run.every), epochs)
  console.log(
    `\n${run.title}: ${stepsPerSecond.toFixed(0)} steps/s (document: ${run.stepsPerSecond})`,
  )
  accuracy.forEach((value, epoch) => {
    const theirs = run.accuracy[epoch]?.toFixed(2) ?? '-'
    console.log(`${epoch + 1} epoch: val ${value.toFixed(2)} (document: ${theirs})`)
  })
}
