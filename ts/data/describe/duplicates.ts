import type { Column } from '../table/column.js'
import type { ColumnSummary } from './statistics.js'

/** The columns that hold the same as one before them, with that. */
export function duplicatesOf(
  summaries: readonly ColumnSummary[],
  column: (name: string) => Column,
): Map<string, string> {
  const first = new Map<string, string[]>()
  const found = new Map<string, string>()
  for (const { name, type, gaps, distinct, mean, std } of summaries) {
    // What the same columns have in common tells most of them apart.
    const key = JSON.stringify([type, gaps, distinct, mean, std])
    const others = first.get(key) ?? []
    const same = others.find((other) => areSame(column(name), column(other)))
    if (same !== undefined) found.set(name, same)
    else first.set(key, [...others, name])
  }
  return found
}

function areSame(a: Column, b: Column): boolean {
  if (a.type === 'category' && b.type === 'category') {
    const codes = new Map(b.categories.map((text, code) => [text, code]))
    const as = a.categories.map((text) => codes.get(text))
    return a.codes.every((code, row) => b.codes[row] === (code < 0 ? code : as[code]))
  }
  if (a.type === 'text' && b.type === 'text')
    return a.values.every((text, row) => b.values[row] === text)
  if (!isNumeric(a) || !isNumeric(b)) return false
  return a.values.every((value, row) => Object.is(value, b.values[row]) || value === b.values[row])
}

function isNumeric(column: Column): column is Extract<Column, { type: 'number' | 'date' }> {
  return column.type === 'number' || column.type === 'date'
}
