// Ends the process, or a worker, in the middle of work: exit.mjs main|worker|busy-workers
import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

import { makeWork } from './work.mjs'

const work = makeWork()
const before = work()
const url = new URL(import.meta.url)

if (!isMainThread) {
  parentPort.postMessage('started')
  for (let i = 0; i < 20; i++) work()
  process.exit(9)
}

switch (process.argv[2]) {
  case 'main':
    setImmediate(() => process.exit(7))
    for (let i = 0; i < 20; i++) work()
    break
  case 'worker': {
    const worker = new Worker(url)
    const [code] = await once(worker, 'exit')
    if (code !== 9) throw new Error(`exit code ${code} of the worker`)
    if (work() !== before) throw new Error('the main thread computes something else')
    process.exitCode = 7
    break
  }
  case 'busy-workers': {
    const workers = Array.from(
      { length: 4 },
      () => new Worker(new URL('forever.mjs', import.meta.url)),
    )
    await Promise.all(workers.map((worker) => once(worker, 'message')))
    work()
    process.exit(7)
  }
}
