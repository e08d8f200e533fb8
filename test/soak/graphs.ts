/**
 * Forwards without a backward, says what that did to the process and fails when memory grew: `npm run
 * test:soak -- graphs [forwards]`, 10^5 by default. A graph hangs on its results alone, so it goes with
 * them. The loop is synchronous: nothing may wait for the event loop to be freed. The warning of kept
 * graphs comes once, and not before there may be some.
 */
import { add, matmul, mul, nn, ones, randn, sum, tanh, type Tensor } from '../../ts/index.js'

const forwards = Number(process.argv[2] ?? 100_000)
const warm = Math.min(2000, forwards / 4)
const collect = (globalThis as { gc?: () => void }).gc
if (!collect) throw new Error('run with --expose-gc --max-semi-space-size=1')

const warnings: string[] = []
process.emitWarning = (text: string | Error) => void warnings.push(String(text))

const x = randn([16, 32])
const weight = new nn.Parameter(randn([32, 64]))
const other = ones([64]).requiresGrad_()
const forward = (): Tensor => sum(mul(tanh(matmul(x, weight)), other))

for (let i = 0; i < 1500; i++) {
  const loss = add(forward(), forward())
  if (i % 300 === 299) loss.backward()
}
let chain = sum(weight)
for (let i = 0; i < 5000; i++) chain = add(chain, 1)
chain.backward()
const early = warnings.length

const bytes = (): number => {
  collect()
  collect()
  return process.memoryUsage.rss()
}

let before = 0
let last = 0
for (let i = 0; i < forwards; i++) {
  if (i === warm) before = bytes()
  last = forward().item()
}
const grownMiB = (bytes() - before) / 2 ** 20
process.stdout.write(`${JSON.stringify({ forwards, last, grownMiB, early, warnings })}\n`)
// A graph holds 8 KiB of results.
if (!(grownMiB < 16) || early > 0 || warnings.length !== 1) process.exitCode = 1
