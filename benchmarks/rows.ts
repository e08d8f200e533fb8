// A million rows of 20 columns, the same numbers every time: what matters is how many there are.
import { data } from '../ts/index.js'

export const ROWS = 1_000_000

let state = 1
function next(): number {
  state = (Math.imul(state, 1664525) + 1013904223) | 0
  return (state >>> 0) / 2 ** 32
}

function numbers(gaps: number): Float64Array {
  return Float64Array.from({ length: ROWS }, () => (next() < gaps ? NaN : next() * 100))
}

function categories(count: number): data.CategoryColumn {
  const names = Array.from({ length: count }, (_, i) => `category ${i}`)
  return new data.CategoryColumn(
    Int32Array.from({ length: ROWS }, () => Math.floor(next() * count)),
    names,
  )
}

function dates(): data.DateColumn {
  const start = Date.UTC(2020, 0)
  return new data.DateColumn(
    Float64Array.from({ length: ROWS }, () => start + Math.floor(next() * 1e8) * 1000),
  )
}

/** 12 columns of numbers, 4 of them with gaps; 6 of categories, from 2 to 1,000 of them; 2 of dates. */
export function makeTable(): data.Table {
  const columns = new Map<string, data.Column | Float64Array>()
  for (let i = 0; i < 12; i++) columns.set(`number${i}`, numbers(i < 4 ? 0.05 : 0))
  for (const count of [2, 5, 10, 20, 30, 1000]) columns.set(`category${count}`, categories(count))
  for (let i = 0; i < 2; i++) columns.set(`date${i}`, dates())
  return new data.Table(columns)
}
