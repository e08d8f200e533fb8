#!/usr/bin/env node
import process from 'node:process'

import { ioOf } from './cli/io.js'
import { run } from './cli/run.js'

const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The second one ends it at once.
  process.once(signal, () => {
    ending.abort(new Error(`ended by ${signal}`))
  })
}
// Whoever reads has seen enough, as in `gradlane predict … | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})
process.exitCode = await run(process.argv.slice(2), ioOf(process, ending.signal))
