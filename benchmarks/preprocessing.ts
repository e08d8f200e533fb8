/**
 * A million rows of 20 columns, fitted and transformed, and what the event loop felt meanwhile.
 *
 * node --import tsx benchmarks/preprocessing.ts [rows]
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import os from 'node:os'
import process from 'node:process'

import { data } from '../ts/index.js'

const rows = Number(process.argv[2] ?? 1_000_000)
const TRIALS = 5

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
const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(2)

async function trial(): Promise<void> {
  const columns = data.ColumnTransformer.for(table)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const cpu = process.cpuUsage()
  const start = performance.now()
  delay.enable()
  await columns.fitAsync(table)
  const fitted = performance.now()
  const numbers = await columns.transformAsync(table)
  const end = performance.now()
  delay.disable()
  const used = process.cpuUsage(cpu)
  console.log(
    `fit ${seconds(fitted - start)} s, transform ${seconds(end - fitted)} s ` +
      `to (${numbers.shape.join(', ')}), together ${seconds(end - start)} s, ` +
      `CPU ${seconds((used.user + used.system) / 1000)} s; event loop delay ` +
      `p50 ${(delay.percentile(50) / 1e6).toFixed(1)} ms, ` +
      `p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms, max ${(delay.max / 1e6).toFixed(1)} ms`,
  )
}

console.log(`${rows} rows of ${table.columnNames.length} columns`)
console.log(`${os.cpus()[0]!.model}, ${os.cpus().length} cores, Node ${process.version}`)
for (let i = 0; i < TRIALS; i++) await trial()
