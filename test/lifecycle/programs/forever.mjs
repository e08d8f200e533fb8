// A worker that never ends by itself.
import { parentPort } from 'node:worker_threads'

import { makeWork } from './work.mjs'

const work = makeWork()
work()
parentPort.postMessage('started')
for (;;) work()
