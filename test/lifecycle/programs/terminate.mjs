// Rounds of 8 workers that are terminated in the middle of their work.
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

import { makeWork } from './work.mjs'

const work = makeWork()
const before = work()
for (let round = 0; round < 6; round++) {
  const workers = Array.from(
    { length: 8 },
    () => new Worker(new URL('forever.mjs', import.meta.url)),
  )
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  await setTimeout(round * 7) // a different moment each time
  await Promise.all(workers.map((worker) => worker.terminate()))
  if (work() !== before) throw new Error(`round ${round}: the main thread computes something else`)
}
console.log('survived')
