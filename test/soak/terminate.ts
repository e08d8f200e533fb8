/**
 * Terminates 2,000 workers at random moments (`npm run test:soak -- terminate`, or `-- terminate -- 500`):
 * none ends the process.
 */
import { spawnSync } from 'node:child_process'
import path from 'node:path'

import { root } from '../lifecycle/built.js'

const program = path.join(root, 'test', 'lifecycle', 'programs', 'terminate-anywhere.mjs')
const { status } = spawnSync(process.execPath, [program, process.argv[2] ?? '2000'], {
  stdio: 'inherit',
})
process.exitCode = status ?? 1
