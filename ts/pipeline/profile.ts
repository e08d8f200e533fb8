import { quantileEdges } from '../data/population-stability.js'
import type { Cell, Column } from '../data/table/column.js'
import type { Row, Table } from '../data/table/table.js'

/** What a column of the training looked like. */
export type ColumnProfile =
  | {
      readonly type: 'number' | 'date'
      readonly gaps: number
      /** Of the values that are there; null where none is. Dates in milliseconds since 1970. */
      readonly min: number | null
      readonly max: number | null
      readonly mean: number | null
      /**
       * Up to which number a bin reaches and the share of the values in it, between tenths of 10,000 values
       * at most; those above have the rest. Not there in files of before there was `partialFit`.
       */
      readonly bins?: readonly (readonly [upTo: number, share: number])[]
    }
  | {
      readonly type: 'category'
      readonly gaps: number
      /** The most frequent ones, 100 at most, with the number of their rows. */
      readonly categories: readonly (readonly [category: string, rows: number])[]
      /** How many others occur. */
      readonly others: number
    }
  | { readonly type: 'text'; readonly gaps: number }

const MOST_CATEGORIES = 100

/** Bins of numbers, and values that tell of their shares. */
const BINS = 10
const SAMPLE = 10_000

export function profileOf(column: Column): ColumnProfile {
  const { length } = column
  let gaps = 0
  for (let row = 0; row < length; row++) if (column.isGap(row)) gaps += 1
  if (column.type === 'text') return { type: 'text', gaps }
  if (column.type === 'category') {
    const counts = new Float64Array(column.categories.length)
    for (const code of column.codes) if (code >= 0) counts[code]! += 1
    const categories = column.categories
      .map((category, code): [string, number] => [category, counts[code]!])
      .filter(([, rows]) => rows > 0)
      .sort(([, a], [, b]) => b - a)
    const others = Math.max(0, categories.length - MOST_CATEGORIES)
    return { type: 'category', gaps, categories: categories.slice(0, MOST_CATEGORIES), others }
  }
  let [min, max, mean, count] = [Infinity, -Infinity, 0, 0]
  for (const value of column.values) {
    if (Number.isNaN(value)) continue
    count += 1
    min = Math.min(min, value)
    max = Math.max(max, value)
    mean += (value - mean) / count
  }
  const known = count > 0
  const { type } = column
  const bins = binsOf(column.values)
  if (!known) return { type, gaps, min: null, max: null, mean: null, bins }
  return { type, gaps, min, max, mean, bins }
}

function binsOf(values: Float64Array): (readonly [upTo: number, share: number])[] {
  const every = Math.ceil(values.length / SAMPLE)
  const some = values.filter((value, row) => row % every === 0 && !Number.isNaN(value)).sort()
  let below = 0
  return quantileEdges(some, BINS).map((upTo) => {
    const end = some.findLastIndex((value) => value <= upTo) + 1
    const share = (end - below) / some.length
    below = end
    return [upTo, share]
  })
}

/** By the names of the columns. */
export type Profile = ReadonlyMap<string, ColumnProfile>

export function profileOfTable(table: Table, names: readonly string[]): Profile {
  return new Map(names.map((name) => [name, profileOf(table.column(name))]))
}

/** Whether it is what `profileOf` gives. */
export function isColumnProfile(value: unknown): value is ColumnProfile {
  const { type, gaps, min, max, mean, categories, others, bins } = Object(value) as Record<
    string,
    unknown
  >
  if (!isCount(gaps)) return false
  if (type === 'text') return true
  if (type === 'category')
    return isCount(others) && Array.isArray(categories) && categories.every(isPair)
  const figures = [min, max, mean]
  const known = figures.every(Number.isFinite) || figures.every((figure) => figure === null)
  const binned = bins === undefined || (Array.isArray(bins) && bins.every(isBin))
  return (type === 'number' || type === 'date') && known && binned
}

function isBin(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite)
}

function isPair(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false
  return typeof value[0] === 'string' && isCount(value[1])
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** The usual row: means of numbers and dates, the most frequent categories, empty texts. */
export function usualRow(profile: Profile): Row {
  const row = Object.create(null) as Row
  for (const [name, column] of profile) row[name] = usualCell(column)
  return row
}

function usualCell(column: ColumnProfile): Cell {
  switch (column.type) {
    case 'number':
      return column.mean
    case 'date':
      return column.mean === null ? null : new Date(column.mean)
    case 'category':
      return column.categories[0]?.[0] ?? null
    case 'text':
      return column.gaps > 0 ? null : ''
  }
}
