// 200 environments one after the other: each loads the addon, computes and ends. Prints the growth of
// the resident memory over the second half.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import { makeWork } from './work.mjs'

const CYCLES = 200
const alone = process.argv[2] === 'alone' // no environment but the worker's holds the addon
const expected = alone ? undefined : makeWork()()
let first
let half = 0
for (let cycle = 0; cycle < CYCLES; cycle++) {
  const worker = new Worker(new URL('once.mjs', import.meta.url))
  const [[result], [code]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')])
  first ??= expected ?? result
  if (code !== 0) throw new Error(`cycle ${cycle}: exit code ${code}`)
  if (result !== first) throw new Error(`cycle ${cycle}: ${result} instead of ${first}`)
  if (cycle === CYCLES / 2) half = process.memoryUsage.rss()
}
console.log(JSON.stringify({ grownMiB: (process.memoryUsage.rss() - half) / 2 ** 20 }))
