import { complaint, NotFiniteError, ValueError } from '../errors.js'
import type { Column } from '../data/table/column.js'
import type { Table } from '../data/table/table.js'
import { show } from '../show.js'

/**
 * The column that is predicted, without gaps and infinite numbers.
 *
 * @throws ValueError, NotFiniteError when a value is missing or infinite.
 */
export function targetColumn(who: string, table: Table, name: string): Column {
  const what = `the target ${show(name)}`
  const column = table.column(name)
  const { length } = column
  if (length === 0) throw new ValueError(complaint(who, 'the table', 'of at least one row', 'none'))
  const gaps = Array.from({ length }, (_, row) => row).filter((row) => column.isGap(row))
  if (gaps.length > 0) {
    const got = `none in ${gaps.length} of ${length}, the first of them row ${gaps[0]!}`
    const hint = 'leave out the rows whose target is not known'
    throw new ValueError(complaint(who, what, 'a value in each row', got, hint))
  }
  if (column.type !== 'number') return column
  const row = column.values.findIndex((value) => !Number.isFinite(value))
  if (row < 0) return column
  const got = column.values[row]
  throw new NotFiniteError(complaint(who, `row ${row} of ${what}`, 'a finite number', got))
}

/** @throws ValueError when there is nothing to tell apart. */
export function checkVaries(who: string, name: string, column: Column): void {
  const { length } = column
  const first = column.get(0)
  for (let row = 1; row < length; row++) if (column.get(row) !== first) return
  const got = `${show(first)} alone, in ${length} ${length === 1 ? 'row' : 'rows'}`
  const expected = column.type === 'number' ? 'different numbers' : 'two classes or more'
  throw new ValueError(complaint(who, `the target ${show(name)}`, expected, got))
}
