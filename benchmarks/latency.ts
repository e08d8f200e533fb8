// What one call costs, and how long the import takes: a list of npm run bench. It measures the compiled
// JavaScript in dist/, as users get it.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { rolldown } from 'rolldown'

import type * as Gradlane from '../ts/index.js'
import { BinaryKind, Broadcast } from '../ts/kernels/kernels.js'
import type * as Backend from '../ts/kernels/backend.js'
import { environmentPython, systemPython } from './drivers.js'
import { format, median, quantile } from './statistics.js'

const built = new URL('../dist/index.js', import.meta.url).href

/** What dist/ exports to nobody: the backend, bundled as it is there. */
async function builtBackend(): Promise<typeof Backend> {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const bundle = await rolldown({
    input: `${root}/ts/kernels/backend.ts`,
    platform: 'node',
    tsconfig: `${root}/tsconfig.build.json`,
  })
  const file = `${root}/build/bench/backend.js`
  await bundle.write({ file, topLevelVar: true })
  return (await import(pathToFileURL(file).href)) as typeof Backend
}

/** Nanoseconds. */
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

function forwardLatency({ empty, nn }: typeof Gradlane): Latency {
  const model = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10))
  model.eval()
  const x = empty([1, 784])
  return timeCalls(20_000, () => model.forward(x))
}

function kernelLatency({ empty }: typeof Gradlane, { kernels }: typeof Backend): Latency {
  const [a, b, out] = [empty([16]), empty([16]), empty([16])]
  const backend = kernels()
  return timeBatches(500, () => {
    backend.binary({
      kind: BinaryKind.add,
      broadcast: Broadcast.none,
      a,
      b,
      out,
      rows: 1,
      cols: 16,
    })
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

interface Figure {
  readonly what: string
  readonly who: string
  readonly unit: string
  readonly median: number
  readonly p99?: number
}

const FORWARD = 'forward of 784-128-10, batch 1'
const IMPORT = 'import, fresh process'

/** Prints the figures as they come; a peer that is not there is printed as missing. */
export async function latency(): Promise<{ figures: Figure[]; missing: Record<string, string> }> {
  const gradlane = (await import(built)) as typeof Gradlane
  const backend = await builtBackend()
  const figures: Figure[] = []
  const add = (figure: Figure): void => {
    figures.push(figure)
    const { what, who, unit, median, p99 } = figure
    const tail = p99 === undefined ? '' : `, p99 ${format(p99)} ${unit}`
    console.log(`  ${what.padEnd(34)}${who.padEnd(26)}${format(median)} ${unit}${tail}`)
  }
  const micro = ({ median, p99 }: Latency): Latency => ({ median: median / 1e3, p99: p99 / 1e3 })

  gradlane.setNumThreads(1)
  add({ what: FORWARD, who: 'gradlane', unit: 'us', ...micro(forwardLatency(gradlane)) })
  const call = kernelLatency(gradlane, backend)
  add({ what: 'kernel call, 3 tensors of 16', who: 'gradlane', unit: 'ns', ...call })
  for (const [who, specifier] of [
    ['gradlane', built],
    ['TensorFlow.js', import.meta.resolve('@tensorflow/tfjs')],
  ] as const) {
    add({ what: IMPORT, who, unit: 'ms', median: nodeImport(specifier) })
  }

  const missing: Record<string, string> = {}
  const script = fileURLToPath(new URL('peers/torch_latency.py', import.meta.url))
  for (const [who, python] of [
    ['PyTorch (system)', systemPython],
    ['PyTorch (newest)', environmentPython],
  ] as const) {
    try {
      if (!existsSync(python)) throw new Error(`there is no ${python}`)
      const torch = JSON.parse(execFileSync(python, [script]).toString()) as Latency
      add({ what: FORWARD, who, unit: 'us', ...micro(torch) })
      add({ what: IMPORT, who, unit: 'ms', median: pythonImport(python) })
    } catch (error) {
      missing[who] = error instanceof Error ? error.message : String(error)
      console.log(`  ${FORWARD.padEnd(34)}${who.padEnd(26)}MISSING, ${missing[who]}`)
    }
  }
  return { figures, missing }
}
