// npm run bench:latency: what one call costs, and how long the import takes.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import type * as Gradlane from '../ts/index.js'
import { BinaryKind, Broadcast } from '../ts/kernels/kernels.js'
import type * as Backend from '../ts/kernels/backend.js'
import { environmentPython, systemPython } from './drivers.js'
import { describe, machine } from './machine.js'
import { format, median, quantile } from './statistics.js'

const built = (file: string): string => new URL(`../dist/${file}`, import.meta.url).href
const { empty, info, nn, setNumThreads } = (await import(built('index.js'))) as typeof Gradlane
const { kernels } = (await import(built('kernels/backend.js'))) as typeof Backend

interface Latency {
  readonly median: number
  readonly p99: number
}

/** Nanoseconds of each of `calls` calls, after as many unmeasured ones. */
function timeCalls(calls: number, call: () => void): Latency {
  for (let i = 0; i < calls; ++i) call()
  const times = Array.from({ length: calls }, () => {
    const start = process.hrtime.bigint()
    call()
    return Number(process.hrtime.bigint() - start)
  })
  return { median: median(times), p99: quantile(times, 0.99) }
}

/** Nanoseconds a call, in batches of 1,000: the clock itself costs about as much as one. */
function timeBatches(batches: number, call: () => void): Latency {
  const batch = timeCalls(batches, () => {
    for (let i = 0; i < 1000; ++i) call()
  })
  return { median: batch.median / 1000, p99: batch.p99 / 1000 }
}

function forwardLatency(): Latency {
  const model = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10))
  model.eval()
  const x = empty([1, 784])
  return timeCalls(20_000, () => model.forward(x))
}

function kernelLatency(): Latency {
  const [a, b, out] = [empty([16]), empty([16]), empty([16])]
  const backend = kernels()
  return timeBatches(500, () => {
    backend.binary(BinaryKind.add, Broadcast.none, a, b, out, 1, 16)
  })
}

/** Milliseconds that a fresh process takes for an import, the median of `runs`. */
function importTime(runs: number, command: string, args: readonly string[]): number {
  const times = Array.from({ length: runs }, () => Number(execFileSync(command, args).toString()))
  return median(times)
}

function nodeImport(specifier: string): number {
  const code =
    `const start = performance.now(); await import(${JSON.stringify(specifier)});` +
    'process.stdout.write(String(performance.now() - start))'
  return importTime(11, process.execPath, ['--input-type=module', '--eval', code])
}

function pythonImport(python: string): number {
  const code =
    'import time; start = time.perf_counter(); import torch; print(1e3 * (time.perf_counter() - start))'
  return importTime(3, python, ['-c', code])
}

function line(what: string, who: string, figure: string): void {
  console.log(`  ${what.padEnd(34)}${who.padEnd(26)}${figure}`)
}

setNumThreads(1)
const FORWARD = 'forward of 784-128-10, batch 1'
const IMPORT = 'import, fresh process'
console.log(`${describe(machine())}, ${info().isa ?? 'no native binary'}, 1 thread`)

const forward = forwardLatency()
line(FORWARD, 'gradlane', `${format(forward.median / 1e3)} us, p99 ${format(forward.p99 / 1e3)} us`)
const kernel = kernelLatency()
line('kernel call, 3 tensors of 16', 'gradlane', `${format(kernel.median)} ns`)
line(IMPORT, 'gradlane', `${format(nodeImport(built('index.js')))} ms`)
line(IMPORT, 'TensorFlow.js', `${format(nodeImport(import.meta.resolve('@tensorflow/tfjs')))} ms`)

const script = fileURLToPath(new URL('peers/torch_latency.py', import.meta.url))
for (const [label, python] of [
  ['PyTorch (system)', systemPython],
  ['PyTorch (newest)', environmentPython],
] as const) {
  if (!existsSync(python)) {
    line(FORWARD, label, `MISSING, ${python} is not there`)
    continue
  }
  try {
    const torch = JSON.parse(execFileSync(python, [script]).toString()) as Latency
    line(FORWARD, label, `${format(torch.median / 1e3)} us, p99 ${format(torch.p99 / 1e3)} us`)
    line(IMPORT, label, `${format(pythonImport(python))} ms`)
  } catch (error) {
    line(FORWARD, label, `MISSING, ${error instanceof Error ? error.message : String(error)}`)
  }
}
