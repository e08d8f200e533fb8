import type { Column } from '../table/column.js'
import { countsOf, quantile } from './statistics.js'

/** Groups that the values of a number are put into. */
const BINS = 32

/** Rows that are looked at, evenly over the table. */
const ROWS = 100_000

/**
 * How far a column alone gives the target away, from 0 to 1, on rows that were not looked at: half of the
 * rows say what to guess for each value (a category; one of 32 quantiles of numbers and dates; a gap is a
 * value, too), the other half whether that is right. For a class it is Goodman and Kruskal's lambda, the
 * share of the mistakes of guessing the most frequent class that it saves; for a number R², the share of
 * the variance, or that of a straight line if it is more.
 */
export function leakageOf(column: Column, target: Column): number {
  const rows = rowsOf(target)
  if (rows.length < 4) return 0
  const groups = groupsOf(column, rows)
  if (groups === null) return 0
  if (target.type === 'category')
    return lambda(groups, rows, target.codes, target.categories.length)
  if (target.type === 'text') return 0
  const share = variance(groups, rows, target.values)
  const line = column.type === 'number' ? straight(rows, column.values, target.values) : 0
  return Math.max(0, share, line)
}

/** Half of the rows, in no pattern that a table may have as well. */
function isHeldOut(i: number): boolean {
  return ((Math.imul(i + 1, 0x9e3779b1) >>> 13) & 1) === 1
}

/** Rows with a target. */
function rowsOf(target: Column): number[] {
  const step = Math.max(1, Math.floor(target.length / ROWS))
  const rows: number[] = []
  for (let row = 0; row < target.length; row += step) if (!target.isGap(row)) rows.push(row)
  return rows
}

/** A number of a group for each of these rows; null where there are too many. */
function groupsOf(column: Column, rows: readonly number[]): Int32Array | null {
  if (column.type === 'text') return null
  if (column.type === 'category') return Int32Array.from(rows, (row) => column.codes[row]! + 1)
  const values = Float64Array.from(rows, (row) => column.values[row]!)
  const sorted = values.filter((value) => !Number.isNaN(value)).sort()
  const edges = Array.from({ length: BINS - 1 }, (_, i) => quantile(sorted, (i + 1) / BINS))
  return Int32Array.from(values, (value) => {
    if (Number.isNaN(value)) return 0
    const bin = edges.findIndex((edge) => value <= edge)
    return bin < 0 ? BINS : bin + 1
  })
}

function lambda(
  groups: Int32Array,
  rows: readonly number[],
  codes: Int32Array,
  classes: number,
): number {
  const totals = countsOf(
    Int32Array.from(rows, (row) => codes[row]!),
    classes,
  )
  const usual = largest(totals)
  const width = groups.reduce((a, b) => Math.max(a, b), 0) + 1
  if (width * classes > 1e7) return 0
  const counts = new Float64Array(width * classes)
  for (let i = 0; i < rows.length; i++) {
    if (isHeldOut(i)) continue
    const at = groups[i]! * classes + codes[rows[i]!]!
    counts[at] = counts[at]! + 1
  }
  const guesses = Array.from({ length: width }, (_, group) => {
    const own = counts.subarray(group * classes, (group + 1) * classes)
    const most = largest(own)
    return own[most] === 0 ? usual : most
  })
  let [mistakes, before] = [0, 0]
  for (let i = 0; i < rows.length; i++) {
    if (!isHeldOut(i)) continue
    const code = codes[rows[i]!]!
    if (guesses[groups[i]!] !== code) mistakes++
    if (usual !== code) before++
  }
  return before === 0 ? 0 : Math.max(0, 1 - mistakes / before)
}

/** The place of the largest number, the first of several. */
function largest(numbers: Float64Array): number {
  let place = 0
  for (let i = 1; i < numbers.length; i++) if (numbers[i]! > numbers[place]!) place = i
  return place
}

function variance(groups: Int32Array, rows: readonly number[], values: Float64Array): number {
  const width = groups.reduce((a, b) => Math.max(a, b), 0) + 1
  const sums = new Float64Array(width)
  const counts = new Float64Array(width)
  let mean = 0
  for (let i = 0; i < rows.length; i++) mean += values[rows[i]!]! / rows.length
  for (let i = 0; i < rows.length; i++) {
    if (isHeldOut(i)) continue
    const group = groups[i]!
    sums[group] = sums[group]! + values[rows[i]!]!
    counts[group] = counts[group]! + 1
  }
  let [left, all] = [0, 0]
  for (let i = 0; i < rows.length; i++) {
    if (!isHeldOut(i)) continue
    const group = groups[i]!
    const value = values[rows[i]!]!
    const guess = counts[group] === 0 ? mean : sums[group]! / counts[group]!
    left += (value - guess) ** 2
    all += (value - mean) ** 2
  }
  return all === 0 ? 0 : 1 - left / all
}

/** The square of the correlation, over the rows where both are there. */
function straight(rows: readonly number[], x: Float64Array, y: Float64Array): number {
  const both = rows.filter((row) => !Number.isNaN(x[row]))
  if (both.length < 3 || both.length < rows.length / 2) return 0
  const mean = (values: Float64Array): number =>
    both.reduce((sum, row) => sum + values[row]! / both.length, 0)
  const [mx, my] = [mean(x), mean(y)]
  let [xx, yy, xy] = [0, 0, 0]
  for (const row of both) {
    xx += (x[row]! - mx) ** 2
    yy += (y[row]! - my) ** 2
    xy += (x[row]! - mx) * (y[row]! - my)
  }
  return xx === 0 || yy === 0 ? 0 : xy ** 2 / (xx * yy)
}
