// npm run bench:builds -- <checkout>: this build against that of another checkout of gradlane, in
// turn, so that a slow minute of the machine falls on both. docs/benchmarks.md tells how to read it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import type { Addon } from '../ts/kernels/native/addon.js'
import { Child } from './child.js'
import { writeDataset } from './dataset.js'
import { drivers, type Driver } from './drivers.js'
import { describe, machine } from './machine.js'
import { format, median } from './statistics.js'
import { trials, type Trial } from './trials.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    processes: { type: 'string', default: '7' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '0.1' },
    out: { type: 'string' },
  },
})
const [other] = positionals
if (other === undefined || positionals.length > 1) {
  console.error(
    'npm run bench:builds -- <checkout, built> [--only trial,…] [--processes n] [--rounds n] [--seconds s] [--out name]',
  )
  process.exit(2)
}
const rounds = Number(values.rounds)
const processes = Number(values.processes)
const seconds = Number(values.seconds)
/** CPU seconds of each process before the first round of a pair. */
const WARMING = 1
const here = fileURLToPath(new URL('..', import.meta.url))
const roots = [resolve(other), here]

/** CPU microseconds of a step, or nanoseconds of a call: this build's, and the other's. */
type Sample = readonly [other: number, here: number]

interface Comparison {
  readonly other: number
  readonly here: number
  /** This build to the other: the median of the pairs of processes. */
  readonly ratio: number
  /** Of the pairs, each by the median of its rounds. */
  readonly lowest: number
  readonly highest: number
}

/**
 * Where a process happens to lie in memory moves its small steps by some percent for as long as it lives,
 * so that rounds of one pair are one sample.
 */
function compare(pairs: readonly (readonly Sample[])[]): Comparison {
  const samples = pairs.flat()
  const ratios = pairs.map((pair) => median(pair.map(([a, b]) => b / a)))
  return {
    other: median(samples.map(([a]) => a)),
    here: median(samples.map(([, b]) => b)),
    ratio: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
  }
}

/** Both figures of a round, every other round backwards. */
async function inTurn(
  measure: (which: 0 | 1) => Promise<number> | number,
): Promise<[number, number][]> {
  const samples: [number, number][] = []
  for (let round = 0; round < rounds; ++round) {
    const pair: [number, number] = [0, 0]
    for (const which of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      pair[which] = await measure(which)
    }
    samples.push(pair)
  }
  return samples
}

async function compareTrial(trial: Trial, driver: Driver, folder: string): Promise<Comparison> {
  const pairs: Sample[][] = []
  for (let i = 0; i < processes; ++i) pairs.push(await onePair(trial, driver, folder))
  return compare(pairs)
}

async function onePair(trial: Trial, driver: Driver, folder: string): Promise<Sample[]> {
  const children: Child[] = []
  try {
    for (const root of roots) {
      const of: Driver = {
        ...driver,
        environment: (threads) => ({
          ...driver.environment?.(threads),
          GRADLANE_BENCH_ROOT: root,
        }),
      }
      const { child } = await Child.start(of, 1)
      children.push(child)
      await child.ask({ command: 'prepare', trial, folder })
    }
    const run = async (which: 0 | 1, steps: number): Promise<number> => {
      const answer = await children[which]!.ask({ command: 'run', steps })
      return answer.cpuSeconds / answer.steps
    }
    let steps = 1
    while ((await run(0, steps)) * steps < seconds / 2) steps *= 2
    // Until the engine has compiled what it runs: a small step takes three times as long before, on a
    // busy machine for 60,000 steps. Counted in time used, as a first step tells nothing of the later ones.
    const warm = async (which: 0 | 1): Promise<void> => {
      for (let used = 0; used < WARMING;) used += (await run(which, steps)) * steps
    }
    await Promise.all([warm(0), warm(1)])
    while ((await run(0, steps)) * steps < seconds / 2) steps *= 2
    return await inTurn(async (which) => 1e6 * (await run(which, steps)))
  } finally {
    for (const child of children) child.stop()
  }
}

/** Nanoseconds of an addon call with three buffers, over as little to compute as there can be. */
async function compareCalls(): Promise<Comparison> {
  const require = createRequire(import.meta.url)
  const nodeGypBuild = require('node-gyp-build') as { path(root: string): string }
  const addons = roots.map((root): Addon => ({ ...(require(nodeGypBuild.path(root)) as Addon) }))
  const [a, b, out] = [new ArrayBuffer(64), new ArrayBuffer(64), new ArrayBuffer(64)]
  const calls = 200_000
  const measure = (which: 0 | 1): number => {
    const addon = addons[which]!
    const start = process.cpuUsage()
    for (let i = 0; i < calls; ++i) addon.binary(0, 0, 0, a, 0, b, 0, out, 0, 1, 1)
    const { user, system } = process.cpuUsage(start)
    return ((user + system) * 1e3) / calls
  }
  measure(0)
  measure(1)
  const pairs: Sample[][] = []
  for (let i = 0; i < processes; ++i) pairs.push(await inTurn(measure))
  return compare(pairs)
}

const host = machine()
const isa = process.env['GRADLANE_ISA'] ?? 'best'
const folder = mkdtempSync(join(tmpdir(), 'gradlane-builds-'))
const results: Record<string, Comparison> = {}
console.log(`${describe(host)}\n${isa}; this build to the other, CPU time`)
const show = (name: string, result: Comparison): void => {
  results[name] = result
  const { other, here, ratio, lowest, highest } = result
  const figures = `${format(other).padStart(9)} ${format(here).padStart(9)}`
  console.log(
    `${name.padEnd(26)} ${figures}  ratio ${ratio.toFixed(3)} (${lowest.toFixed(3)} to ${highest.toFixed(3)})`,
  )
}
const only = values.only?.split(',')
try {
  if (only === undefined || only.includes('call')) show('call', await compareCalls())
  for (const trial of trials.filter(({ name }) => only === undefined || only.includes(name))) {
    const files = join(folder, trial.name)
    mkdirSync(files)
    writeDataset(trial, files)
    for (const driver of drivers.filter(({ name }) => ['native', 'captured'].includes(name))) {
      show(`${trial.name} ${driver.name}`, await compareTrial(trial, driver, files))
    }
  }
} finally {
  rmSync(folder, { recursive: true })
}
if (values.out !== undefined) {
  const options = process.argv.slice(2).filter((argument) => argument !== other)
  const record = {
    date: new Date().toISOString(),
    command: ['npm run bench:builds -- <other checkout>', ...options].join(' '),
    isa,
    machine: host,
    unit: 'CPU microseconds a step, nanoseconds a call; ratios: this build to the other',
    processes,
    rounds,
    results,
  }
  const file = join(here, 'benchmarks', 'results', `builds-${values.out}.json`)
  writeFileSync(file, `${JSON.stringify(record, null, 1)}\n`)
}
