/**
 * Trains a small network step by step, eager or captured, says what that did to the process and fails
 * when memory grew: `npm run test:soak -- [steps] [captured]`, half a million by default. V8's young generation is held at 1
 * MiB (`--max-semi-space-size=1`): at a moment of its own choosing it grows by 24 MiB, which would be
 * taken for a leak.
 *
 * The loop is synchronous, as in a notebook: the event loop never turns, so nothing may wait for it to
 * be freed.
 */
import {
  capture,
  data,
  manualSeed,
  nn,
  optim,
  rand,
  randn,
  type Tensor,
  tensor,
} from '../../ts/index.js'

const steps = Number(process.argv[2] ?? 500_000)
/** Everything that is made once has been made by then, and V8 has sized its heap. */
const warm = Math.min(1000, steps / 2)
const collect = (globalThis as { gc?: () => void }).gc
if (!collect) throw new Error('run with --expose-gc --max-semi-space-size=1')

manualSeed(1)
const rows = 320
const inputs = randn([rows, 32])
const labels = tensor(
  Array.from(rand([rows]).data, (u) => Math.floor(u * 10)),
  { dtype: 'int32' },
)
const loader = new data.DataLoader([inputs, labels], { batchSize: 32, shuffle: true })
const model = new nn.Sequential(
  new nn.Linear(32, 48),
  new nn.GELU(),
  new nn.Linear(48, 24),
  new nn.ReLU(),
  new nn.Linear(24, 10),
)
const criterion = new nn.CrossEntropyLoss({ labelSmoothing: 0.05 })
const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 })

function train({ x, y }: { x: Tensor; y: Tensor }): Tensor {
  optimizer.zeroGrad()
  const prediction = model.forward(x)
  const value = criterion.forward(prediction, y)
  model.backward(x, criterion.backward(prediction, y))
  nn.utils.clipGradNorm_(model.parameters(), 5)
  optimizer.step()
  return value
}

const example = { x: inputs.narrow(0, 0, 32), y: labels.narrow(0, 0, 32) }
const recorded = process.argv[3] === 'captured' ? capture(train, { inputs: example }) : null
const run = (x: Tensor, y: Tensor): Tensor => recorded?.runSync({ x, y }) ?? train({ x, y })

interface Sample {
  /** After a garbage collection, in bytes. */
  readonly rss: number
  readonly arrayBuffers: number
  readonly heapUsed: number
}

function sample(): Sample {
  // A collection leaves freed array buffers to a background thread; the next one waits for it.
  collect!()
  collect!()
  const { rss, arrayBuffers, heapUsed } = process.memoryUsage()
  return { rss, arrayBuffers, heapUsed }
}

let before: Sample | undefined
let loss = 0
let firstLoss: number | undefined
const started = performance.now()
for (let step = 0; step < steps;) {
  for (const [x, y] of loader) {
    loss = run(x, y).item()
    firstLoss ??= loss
    step += 1
    if (step === warm) before = sample()
    if (step >= steps) break
  }
}
const seconds = (performance.now() - started) / 1000
const after = sample()
const grown = (key: keyof Sample): number => (after[key] - before![key]) / 2 ** 20

/**
 * MiB. Typed arrays that are still alive after a collection are counted exactly: the smallest result
 * kept at each of 4,000 steps, (32, 10), would be 5. The resident memory also moves with V8's heap (2
 * to 8 seen); one activation of the first layer, kept at each step, would be 24.
 */
const limits = { arrayBuffers: 0.5, rss: 16 }
const result = {
  steps,
  seconds,
  firstLoss,
  loss,
  grownMiB: { rss: grown('rss'), arrayBuffers: grown('arrayBuffers'), heap: grown('heapUsed') },
}
process.stdout.write(`${JSON.stringify(result)}\n`)
if (result.grownMiB.rss > limits.rss || result.grownMiB.arrayBuffers > limits.arrayBuffers) {
  process.stderr.write('memory grew\n')
  process.exitCode = 1
}
