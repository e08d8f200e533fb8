import type { Column } from './column.js'
import type { Table } from './table.js'

/** Fewer rows may have different values by chance. */
const FEWEST_ROWS = 20

/**
 * Columns that do no more than name rows, as ids do: nothing is learned from them. They hold another
 * category, or another text of one word, in each row. None where there is no other column.
 *
 * @internal
 */
export function rowNames(table: Table, target?: string): string[] {
  const others = table.columnNames.filter((name) => name !== target)
  const names = others.filter((name) => namesRows(table.column(name)))
  return names.length < others.length ? names : []
}

/** @internal */
export function namesRows(column: Column): boolean {
  const { length } = column
  if (length < FEWEST_ROWS) return false
  if (column.type === 'category') return allDifferent(column.codes, (code) => code >= 0)
  if (column.type !== 'text') return false
  return allDifferent(column.values, (text) => text !== null && !/\s/.test(text))
}

/** It ends at the first value that is there twice, or does not fit. */
function allDifferent<V>(values: Iterable<V>, fits: (value: V) => boolean): boolean {
  const seen = new Set<V>()
  for (const value of values) {
    if (seen.has(value) || !fits(value)) return false
    seen.add(value)
  }
  return true
}
