import { types } from 'node:util'

import { Table } from '../data/table/table.js'
import type { Column } from '../data/table/column.js'
import { complaint, NotFiniteError, ValueError } from '../errors.js'
import { show } from '../show.js'
import { type Frequency, frequencyOf, inWords, stepsBetween, timeAfter } from './frequency.js'
import type { FILLS, UNITS } from './options.js'

/** One series in even steps, without gaps. */
export interface Series {
  /** Null where there is one series. */
  readonly key: string | null
  /** The time of the first step. */
  readonly start: number
  readonly target: Float64Array
  /** 1 where the target was put in. */
  readonly filled: Uint8Array
  /** Covariates, then columns that are known ahead. */
  readonly columns: readonly Float64Array[]
}

/** What of a table is read. */
export interface SeriesSettings {
  readonly time: string
  readonly target: string
  readonly key: string | undefined
  /** Covariates, then columns that are known ahead. */
  readonly columns: readonly string[]
  readonly fill: (typeof FILLS)[number]
}

export interface Read {
  readonly series: readonly Series[]
  readonly frequency: Frequency
  /** What was put in or left out, a sentence each. */
  readonly notes: readonly string[]
  readonly dates: boolean
}

/** A missing row takes memory: more than so many for each one that is there are rather a wrong date. */
const MOST_MISSING = 50

/**
 * The series of a table, sorted by time, in even steps.
 *
 * @param known What was found in the training; `asked` is what was said of it.
 * @throws ValueError for a column that is not there or of another type, a row without a time or a key, a
 *   time that comes twice, times that no step leads through, and gaps where they are to be refused.
 *   NotFiniteError for a value that is infinite.
 */
export function seriesOf(
  who: string,
  table: unknown,
  settings: SeriesSettings,
  known: Frequency | null,
  asked?: (typeof UNITS)[number] | number,
): Read {
  if (!(table instanceof Table)) {
    const hint = 'data.Table.fromRows(rows) makes one'
    throw new ValueError(complaint(who, 'the table', 'a Table', table, hint))
  }
  const { time } = settings
  const times = timesOf(who, table, time)
  const dates = table.column(time).type === 'date'
  const groups = groupsOf(who, table, settings.key)
  for (const [key, rows] of groups) sort(who, settings, key, rows, times, dates)
  const sorted = [...groups.values()].map((rows) => Float64Array.from(rows, (row) => times[row]!))
  if (sorted.length === 0) {
    throw new ValueError(complaint(who, 'the table', 'of at least one row', 'none'))
  }
  const frequency = known ?? frequencyOf(who, time, sorted, dates, asked)
  const notes: string[] = []
  const series = [...groups].map(([key, rows]) => {
    return evenly(who, table, settings, frequency, key, rows, times, notes)
  })
  return { series, frequency, notes, dates }
}

function timesOf(who: string, table: Table, name: string): Float64Array {
  const column = table.column(name)
  if (column.type !== 'date' && column.type !== 'number') {
    const hint = `read it with types: { ${JSON.stringify(name)}: 'date' }`
    const got = `a column of type ${column.type}`
    const what = `the time, ${show(name)},`
    throw new ValueError(complaint(who, what, 'dates or numbers', got, hint))
  }
  const gap = column.values.findIndex((value) => !Number.isFinite(value))
  if (gap < 0) return column.values
  const hint = 'leave such rows out'
  const what = `row ${gap} of column ${show(name)}`
  throw new ValueError(complaint(who, what, 'a time', column.values[gap], hint))
}

function groupsOf(
  who: string,
  table: Table,
  key: string | undefined,
): Map<string | null, number[]> {
  const groups = new Map<string | null, number[]>()
  const column = key === undefined ? null : table.column(key)
  for (let row = 0; row < table.length; row++) {
    const value = column === null ? null : column.get(row)
    if (column !== null && value === null)
      throw new ValueError(complaint(who, `row ${row} of column ${show(key)}`, 'a key', 'a gap'))
    const name = value === null ? null : types.isDate(value) ? value.toISOString() : String(value)
    const rows = groups.get(name)
    if (rows === undefined) groups.set(name, [row])
    else rows.push(row)
  }
  return groups
}

function sort(
  who: string,
  { time }: SeriesSettings,
  key: string | null,
  rows: number[],
  times: Float64Array,
  dates: boolean,
): void {
  rows.sort((a, b) => times[a]! - times[b]! || a - b)
  for (let i = 1; i < rows.length; i++) {
    const [before, row] = [rows[i - 1]!, rows[i]!]
    const at = times[row]!
    if (at !== times[before]!) continue
    const shown = dates ? new Date(at).toISOString() : String(at)
    const of = key === null ? '' : ` of ${show(key)}`
    const hint =
      key === null
        ? 'pass key where there are several series, or add such rows up'
        : 'add such rows up'
    const got = `${shown} in rows ${before} and ${row}${of}`
    throw new ValueError(complaint(who, `column ${show(time)}`, 'of different times', got, hint))
  }
}

function evenly(
  who: string,
  table: Table,
  settings: SeriesSettings,
  frequency: Frequency,
  key: string | null,
  rows: readonly number[],
  times: Float64Array,
  notes: string[],
): Series {
  const { target, columns, time } = settings
  const of = key === null ? '' : ` of ${show(key)}`
  const values = numbersOf(who, table, target)
  const given = columns.map((name) => numbersOf(who, table, name))
  const first = rows.findIndex((row) => !Number.isNaN(values[row]!))
  if (first < 0)
    throw new ValueError(
      complaint(who, `column ${show(target)}${of}`, 'of some value', 'gaps only'),
    )
  const last = rows.findLastIndex((row) => !Number.isNaN(values[row]!))
  const trimmed = rows.length - (last - first + 1)
  if (trimmed > 0) notes.push(`${trimmed} rows before the first or behind the last value of ${show(target)}${of} are left out`) // prettier-ignore
  const used = rows.slice(first, last + 1)
  const start = times[used[0]!]!
  const places = used.map((row) => {
    const place = stepsBetween(frequency, start, times[row]!)
    if (Number.isInteger(place)) return place
    const what = `row ${row} of column ${show(time)}${of}`
    throw new ValueError(
      complaint(who, what, `whole steps of ${inWords(frequency)} behind the others`, times[row]),
    )
  })
  const length = places.at(-1)! + 1
  if (length > used.length * (1 + MOST_MISSING)) {
    const got = `${used.length} rows for ${length} steps of ${inWords(frequency)}${of}`
    const expected = `a row for one of ${MOST_MISSING} steps at least`
    throw new ValueError(complaint(who, 'the table', expected, got, 'is a date wrong?'))
  }
  const spread = (cells: Float64Array): Float64Array => {
    const out = new Float64Array(length).fill(NaN)
    used.forEach((row, i) => (out[places[i]!] = cells[row]!))
    return out
  }
  const own = spread(values)
  const filled = Uint8Array.from(own, (value) => (Number.isNaN(value) ? 1 : 0))
  const count = filled.reduce((sum, each) => sum + each, 0)
  if (count > 0) {
    if (settings.fill === 'refuse') {
      const at = timeAfter(frequency, start, filled.indexOf(1))
      const shown = frequency.unit === 'number' ? String(at) : new Date(at).toISOString()
      const hint = "fill: 'interpolate', 'forward' or 'zero' puts them in"
      const got = `none for ${count} steps${of}, the first of them ${shown}`
      throw new ValueError(complaint(who, `column ${show(target)}`, 'of a value for each step', got, hint)) // prettier-ignore
    }
    notes.push(`${count} of ${length} steps${of} have no value of ${show(target)}: filled (${settings.fill})`) // prettier-ignore
  }
  return {
    key,
    start,
    target: fill(own, settings.fill),
    filled,
    columns: given.map((cells, i) => {
      const spreadOut = spread(cells)
      if (spreadOut.every((value) => Number.isNaN(value)))
        throw new ValueError(complaint(who, `column ${show(columns[i])}${of}`, 'of some value', 'gaps only')) // prettier-ignore
      return fill(spreadOut, settings.fill === 'zero' ? 'zero' : 'interpolate')
    }),
  }
}

/** @throws ValueError unless it is a column of numbers; NotFiniteError for one that is infinite. */
export function numbersOf(who: string, table: Table, name: string): Float64Array {
  const column: Column = table.column(name)
  if (column.type !== 'number') {
    const got = `a column of type ${column.type}`
    throw new ValueError(complaint(who, `column ${show(name)}`, 'of numbers', got))
  }
  const odd = column.values.findIndex((value) => Math.abs(value) === Infinity)
  if (odd < 0) return column.values
  const what = `row ${odd} of column ${show(name)}`
  throw new NotFiniteError(complaint(who, what, 'finite or a gap', column.values[odd]))
}

function fill(values: Float64Array, how: (typeof FILLS)[number]): Float64Array {
  let before = -1
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i]!)) continue
    for (let gap = before + 1; gap < i; gap++) {
      const [left, right] = [before < 0 ? values[i]! : values[before]!, values[i]!]
      if (how === 'zero') values[gap] = 0
      else if (how === 'forward') values[gap] = left
      else values[gap] = left + ((right - left) * (gap - before)) / (i - before)
    }
    before = i
  }
  for (let gap = before + 1; gap < values.length; gap++)
    values[gap] = how === 'zero' ? 0 : values[before]!
  return values
}

/** A series without what comes from a step on. */
export function before(series: Series, end: number): Series {
  return {
    ...series,
    target: series.target.slice(0, end),
    filled: series.filled.slice(0, end),
    columns: series.columns.map((column) => column.slice(0, end)),
  }
}

/** The latest steps of a series, up to `end`. */
export function latest(
  series: Series,
  steps: number,
  frequency: Frequency,
  end = series.target.length,
): Series {
  const from = Math.max(0, end - steps)
  return {
    key: series.key,
    start: timeAfter(frequency, series.start, from),
    target: series.target.slice(from, end),
    filled: series.filled.slice(from, end),
    columns: series.columns.map((column) => column.slice(from, end)),
  }
}

/**
 * A series with the steps that follow it; those between the two are filled.
 *
 * @throws ValueError unless they follow, or where gaps are to be refused.
 */
export function joined(
  who: string,
  series: Series,
  more: Series,
  frequency: Frequency,
  { time, fill: how }: SeriesSettings,
): Series {
  const { length } = series.target
  const at = stepsBetween(frequency, series.start, more.start)
  const of = series.key === null ? '' : ` of ${show(series.key)}`
  const shown = (moment: number): string =>
    frequency.unit === 'number' ? String(moment) : new Date(moment).toISOString()
  if (!Number.isInteger(at) || at < length) {
    const next = shown(timeAfter(frequency, series.start, length))
    const expected = `${next}${of} or whole steps of ${inWords(frequency)} later`
    throw new ValueError(complaint(who, `the first ${show(time)}`, expected, shown(more.start)))
  }
  const gap = at - length
  if (gap > 0 && how === 'refuse') {
    const got = `none for ${gap} steps${of} before ${shown(more.start)}`
    throw new ValueError(complaint(who, 'the rows', 'a row for each step', got))
  }
  if (gap > MOST_MISSING * (length + more.target.length)) {
    const got = `${gap} steps${of} without one`
    throw new ValueError(complaint(who, 'the rows', 'rows near to those before', got))
  }
  const put = (left: Float64Array, right: Float64Array, way: typeof how): Float64Array => {
    const out = new Float64Array(at + right.length).fill(NaN)
    out.set(left)
    out.set(right, at)
    return fill(out, way)
  }
  const filled = new Uint8Array(at + more.target.length).fill(1, length, at)
  filled.set(series.filled)
  filled.set(more.filled, at)
  return {
    key: series.key,
    start: series.start,
    target: put(series.target, more.target, how),
    filled,
    columns: series.columns.map((column, i) =>
      put(column, more.columns[i]!, how === 'zero' ? 'zero' : 'interpolate'),
    ),
  }
}
