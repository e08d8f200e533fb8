// Asks for more memory than the process may have (Linux: prlimit): in kernels on all threads, eager and
// captured, and for a tensor. Prints what was thrown, and computes on.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

import { capture, nn, ones, setNumThreads, zeros } from '../../../dist/index.js'

const STRIDE = 2 ** 24 // so far do the two columns of the kernel lie apart: 192 MiB of a padded row

function limit(bytes) {
  execFileSync('prlimit', ['--pid', String(process.pid), `--as=${bytes}:`])
}

/** How much is mapped now, in bytes. */
function mapped() {
  return Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[0]) * 4096
}

setNumThreads(2)
const options = { bias: false, dilation: [1, STRIDE], stride: [1, STRIDE], padding: [0, STRIDE] }
const greedy = new nn.Conv2d(1, 2 ** 14, [1, 2], options) // work for all threads
const x = ones([16, 1, 1, 2])
const modest = new nn.Linear(256, 256)
const rows = ones([64, 256])
const before = modest.forward(rows).data.slice()
const step = capture(({ x }) => greedy.forward(x), { inputs: { x } })

const errors = {}
const note = (name) => (error) => {
  errors[name] = { name: error.name, code: error.code, message: error.message }
}
const attempt = (name, call) => {
  try {
    call()
  } catch (error) {
    note(name)(error)
  }
}
limit(mapped() + 96 * 2 ** 20)
attempt('eager', () => greedy.forward(x))
attempt('runSync', () => step.runSync({ x }))
await step.run({ x }).catch(note('run'))
attempt('tensor', () => zeros([2 ** 27]))
const during = modest.forward(rows).data.slice()
limit('unlimited')

const after = step.runSync({ x }).data
const expected = greedy.forward(x).data
console.log(
  JSON.stringify({
    errors,
    same: Buffer.compare(Buffer.from(before.buffer), Buffer.from(during.buffer)) === 0,
    goesOn: after.every((value, i) => value === expected[i]) && expected.some((v) => v !== 0),
  }),
)
