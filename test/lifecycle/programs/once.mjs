// A worker that computes once, says what, and ends.
import { parentPort } from 'node:worker_threads'

import { makeWork } from './work.mjs'

parentPort.postMessage(makeWork()())
