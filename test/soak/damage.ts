/**
 * Damages checkpoints in 20,000 ways (`npm run test:soak -- damage`, or `-- damage -- 500 7` for 500 of
 * seed 7): each is refused with nothing changed, or resumes to the same bits.
 */
import process from 'node:process'

import { damageCheckpoints } from '../train/damage.js'

const [cases = 20_000, seed = Math.floor(Math.random() * 2 ** 31)] = process.argv
  .slice(2)
  .map(Number)
const failures = damageCheckpoints(cases, seed)
for (const failure of failures) process.stderr.write(`${failure}\n`)
process.stdout.write(
  `${failures.length} of ${cases} damaged checkpoints were taken for right, seed ${seed}\n`,
)
if (failures.length > 0) process.exitCode = 1
