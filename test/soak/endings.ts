/** Every way for an environment to end (`npm run test:soak -- endings`, or `-- endings -- 100`), 20 times each. */
import { expect } from 'chai'

import { runProgram } from '../lifecycle/built.js'

const programs = [
  ...['main', 'worker', 'busy-workers'].map((where) => ['exit.mjs', where, 7, ''] as const),
  ['replay.mjs', 'finish', 0, 'true\n'],
  ['replay.mjs', 'exit', 7, ''],
  ['replay.mjs', 'worker-exit', 7, ''],
  ['replay.mjs', 'terminate', 0, 'survived\n'],
  ['terminate.mjs', '', 0, 'survived\n'],
] as const

for (let round = 0; round < Number(process.argv[2] ?? 20); round++) {
  for (const [program, mode, code, stdout] of programs) {
    const expected = { code, signal: null, stdout, stderr: '' }
    expect(runProgram(program, [mode]), `${program} ${mode}`).to.deep.equal(expected)
  }
}
