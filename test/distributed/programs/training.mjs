// A training in which one rank does something else than the others.
import { appendFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

import { data, distributed, empty, fit, manualSeed, nn, optim } from '../../../dist/index.js'

const [fault, file] = process.argv.slice(2)
const world = await distributed.init({ timeout: fault === 'stop' ? 700 : 60_000 })
const { rank } = world
const is = (name) => fault === name && rank === 1
const say = (what) => appendFileSync(file, `${JSON.stringify({ rank, ...what })}\n`)

const x = empty([64, 6])
const y = empty([64, 2])
for (let i = 0; i < x.length; i++) x.data[i] = Math.sin(i)
for (let i = 0; i < y.length; i++) y.data[i] = Math.cos(i)

/** Batches from an iterable, of which rank 1 has less. */
const batches = (count) => [...new data.DataLoader([x, y], { batchSize: 8 })].slice(0, count)
const loader =
  {
    fewer: () => batches(is('fewer') ? 4 : 8),
    empty: () => batches(is('empty') ? 0 : 8),
  }[fault] ?? (() => new data.DataLoader([x, y], { batchSize: 8, shuffle: true }))

function train(epochs, onEpochEnd) {
  manualSeed(1)
  const middle = is('activation') ? new nn.ReLU() : new nn.Tanh()
  const model = new nn.Sequential(new nn.Linear(6, 8), middle, new nn.Linear(8, 2))
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 })
  const criterion = new nn.MSELoss()
  const callbacks = onEpochEnd === undefined ? [] : [{ onEpochEnd }]
  const options = { criterion, optimizer, epochs, callbacks, distributed: world }
  // The others have none of their own.
  const path = `${file}.checkpoint${rank || ''}`
  if (fault === 'damaged') {
    if (rank === 0) writeFileSync(path, 'no checkpoint')
    Object.assign(options, { checkpoint: path, resume: true })
  }
  return fit(model, loader(), options)
}

async function tried(...args) {
  try {
    const { outcome } = await train(...args)
    say({ outcome })
  } catch (error) {
    say({ code: error.code, message: error.message })
    return error
  }
}

if (fault === 'all') {
  await tried(3, () => {
    throw new RangeError('on all ranks')
  })
  await tried(1)
} else if (fault === 'kill' || fault === 'stop') {
  setTimeout(() => {
    console.log(JSON.stringify({ rank, pid: process.pid }))
  }, 100)
  const error = await tried(1e9)
  if (error) throw error
} else {
  const error = await tried(1000, ({ epoch }) => {
    if (epoch < 3) return
    if (is('callback')) throw new RangeError('on one rank')
    if (is('exit')) process.exit(0)
    if (is('rejection')) void Promise.reject(new RangeError('of nobody'))
  })
  if (is('callback')) await sleep(60_000) // it lives on, which must not keep the others
  if (error) throw error
}
