// Environments one after the other, each of which loads the addon, computes and ends: cycles.mjs COUNT
// [alone]. Prints by how much the resident memory grew over the second half.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import { makeWork } from './work.mjs'

const cycles = Number(process.argv[2])
const alone = process.argv[3] === 'alone' // no environment but the worker's holds the addon
const expected = alone ? undefined : makeWork()()
let first
let half = 0
for (let cycle = 0; cycle < cycles; cycle++) {
  const worker = new Worker(new URL('once.mjs', import.meta.url))
  const [[result], [code]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')])
  first ??= expected ?? result
  if (code !== 0) throw new Error(`cycle ${cycle}: exit code ${code}`)
  if (result !== first) throw new Error(`cycle ${cycle}: ${result} instead of ${first}`)
  if (cycle === cycles / 2) half = process.memoryUsage.rss()
}
console.log(JSON.stringify({ grownMiB: (process.memoryUsage.rss() - half) / 2 ** 20 }))
