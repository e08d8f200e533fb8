// The example server in a process of its own: prints its port, ends with its parent.
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { appOf } from '../../examples/server/app.js'
import { TrainingService } from '../../examples/server/training-service.js'

const folder = mkdtempSync(join(tmpdir(), 'gradlane-server-'))
const server = appOf(new TrainingService(join(folder, 'run.ckpt'))).listen(0, '127.0.0.1', () => {
  console.log((server.address() as AddressInfo).port)
})
process.stdin.resume().once('end', () => {
  rmSync(folder, { recursive: true, force: true })
  process.exit()
})
