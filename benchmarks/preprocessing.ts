/**
 * A million rows of 20 columns, fitted and transformed, and what the event loop felt meanwhile, as JSON:
 *
 * node --import tsx benchmarks/preprocessing.ts > benchmarks/results/preprocessing.json
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import os from 'node:os'
import process from 'node:process'

import { data } from '../ts/index.js'

const rows = 1_000_000
const TRIALS = 3

/** The same numbers every time: what matters is how many there are. */
let state = 1
function next(): number {
  state = (Math.imul(state, 1664525) + 1013904223) | 0
  return (state >>> 0) / 2 ** 32
}

function numbers(gaps: number): Float64Array {
  return Float64Array.from({ length: rows }, () => (next() < gaps ? NaN : next() * 100))
}

function categories(count: number): data.CategoryColumn {
  const names = Array.from({ length: count }, (_, i) => `category ${i}`)
  return new data.CategoryColumn(
    Int32Array.from({ length: rows }, () => Math.floor(next() * count)),
    names,
  )
}

function dates(): data.DateColumn {
  const start = Date.UTC(2020, 0)
  return new data.DateColumn(
    Float64Array.from({ length: rows }, () => start + Math.floor(next() * 1e8) * 1000),
  )
}

/** 12 columns of numbers, 4 of them with gaps; 6 of categories, from 2 to 1,000 of them; 2 of dates. */
function makeTable(): data.Table {
  const columns = new Map<string, data.Column | Float64Array>()
  for (let i = 0; i < 12; i++) columns.set(`number${i}`, numbers(i < 4 ? 0.05 : 0))
  for (const count of [2, 5, 10, 20, 30, 1000]) columns.set(`category${count}`, categories(count))
  for (let i = 0; i < 2; i++) columns.set(`date${i}`, dates())
  return new data.Table(columns)
}

const table = makeTable()

interface Trial {
  readonly fitSeconds: number
  readonly transformSeconds: number
  readonly cpuSeconds: number
  /** Milliseconds that a timer of 1 ms came late: what other programs took counts too. */
  readonly eventLoopDelay: { readonly p50: number; readonly p99: number; readonly max: number }
  /** Milliseconds of CPU of this process between two turns of the event loop. */
  readonly cpuOfTurn: { readonly p50: number; readonly p99: number; readonly max: number }
}

const rounded = (value: number): number => Math.round(value * 100) / 100

function spread(ascending: readonly number[]): Trial['cpuOfTurn'] {
  const at = (share: number): number =>
    rounded(ascending[Math.floor((ascending.length - 1) * share)]!)
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}

function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Notes the CPU of each turn of the event loop until it is ended. */
function watchTurns(): () => number[] {
  const turns: number[] = []
  let last = cpuMilliseconds()
  let watching = true
  const turn = (): void => {
    const now = cpuMilliseconds()
    turns.push(now - last)
    last = now
    if (watching) setImmediate(turn)
  }
  setImmediate(turn)
  return () => {
    watching = false
    return turns.sort((a, b) => a - b)
  }
}

async function trial(): Promise<Trial> {
  const columns = data.ColumnTransformer.for(table)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const turns = watchTurns()
  const cpu = cpuMilliseconds()
  const start = performance.now()
  delay.enable()
  await columns.fitAsync(table)
  const fitted = performance.now()
  await columns.transformAsync(table)
  const end = performance.now()
  delay.disable()
  return {
    fitSeconds: rounded((fitted - start) / 1000),
    transformSeconds: rounded((end - fitted) / 1000),
    cpuSeconds: rounded((cpuMilliseconds() - cpu) / 1000),
    eventLoopDelay: {
      p50: rounded(delay.percentile(50) / 1e6),
      p99: rounded(delay.percentile(99) / 1e6),
      max: rounded(delay.max / 1e6),
    },
    cpuOfTurn: spread(turns()),
  }
}

const trials: Trial[] = []
for (let i = 0; i < TRIALS; i++) trials.push(await trial())
const result = {
  what: 'ColumnTransformer.for(table): fitAsync, then transformAsync of the same table',
  command: 'node --import tsx benchmarks/preprocessing.ts',
  rows,
  columns: table.columnNames.length,
  machine: `${os.cpus()[0]!.model}, ${os.cpus().length} cores`,
  node: process.version,
  load: os.loadavg().map(rounded),
  trials,
}
console.log(JSON.stringify(result, null, 2))
