import type { Column } from '../table/column.js'

/** What there is to say of a column by itself. */
export interface ColumnSummary {
  readonly name: string
  readonly type: Column['type']
  /** Cells without a value. */
  readonly gaps: number
  /** Different values, gaps apart. */
  readonly distinct: number
  /** Of numbers: their mean, and their standard deviation, over n - 1. */
  readonly mean?: number
  readonly std?: number
  /** The least and the largest of numbers and dates, and the quartiles of numbers, interpolated. */
  readonly min?: number | Date
  readonly quartiles?: readonly [q1: number, median: number, q3: number]
  readonly max?: number | Date
  /** Of categories, the most frequent ones, and how often they are there. */
  readonly top?: readonly (readonly [value: string, count: number])[]
}

/** Categories that are shown. */
const TOP = 5

export function summaryOf(name: string, column: Column): ColumnSummary {
  switch (column.type) {
    case 'number':
    case 'date': {
      const sorted = column.values.filter((value) => !Number.isNaN(value)).sort()
      const gaps = column.length - sorted.length
      const distinct = countDistinct(sorted)
      const { type } = column
      if (sorted.length === 0) return { name, type, gaps, distinct }
      const [min, max] = [sorted[0]!, sorted.at(-1)!]
      if (type === 'date')
        return { name, type, gaps, distinct, min: new Date(min), max: new Date(max) }
      const quartiles = [
        quantile(sorted, 0.25),
        quantile(sorted, 0.5),
        quantile(sorted, 0.75),
      ] as const
      return { name, type, gaps, distinct, ...moments(sorted), min, quartiles, max }
    }
    case 'category': {
      const counts = countsOf(column.codes, column.categories.length)
      const there = Array.from(counts, (count, code) => [column.categories[code]!, count] as const)
        .filter(([, count]) => count > 0)
        .sort(([, a], [, b]) => b - a)
      const gaps = column.length - there.reduce((sum, [, count]) => sum + count, 0)
      const top = there.slice(0, TOP)
      return { name, type: 'category', gaps, distinct: there.length, top }
    }
    case 'text': {
      const texts = new Set(column.values)
      const distinct = texts.size - (texts.has(null) ? 1 : 0)
      let gaps = 0
      for (const text of column.values) if (text === null) gaps++
      return { name, type: 'text', gaps, distinct }
    }
  }
}

/** How often each category is there. */
export function countsOf(codes: Int32Array, categories: number): Float64Array {
  const counts = new Float64Array(categories)
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!
    if (code >= 0) counts[code] = counts[code]! + 1
  }
  return counts
}

function countDistinct(sorted: Float64Array): number {
  let count = Math.min(1, sorted.length)
  for (let i = 1; i < sorted.length; i++) if (sorted[i] !== sorted[i - 1]) count++
  return count
}

function moments(values: Float64Array): { mean: number; std: number } {
  let mean = 0
  for (const value of values) mean += value / values.length
  let sum = 0
  for (const value of values) sum += (value - mean) ** 2
  return { mean, std: Math.sqrt(sum / (values.length - 1)) }
}

/** Of sorted numbers, interpolated linearly, as NumPy does. */
export function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1)
  const low = Math.floor(place)
  const value = sorted[low]!
  return value + (place - low) * ((sorted[low + 1] ?? value) - value)
}
