import { checkObject, isIterable, itemsOf } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { nearest } from '../../nearest.js'
import { show } from '../../show.js'
import { columnFrom } from '../table/column-from.js'
import { Table } from '../table/table.js'
import type { Cells, Input } from './cells.js'
import { castCells } from './features.js'

/**
 * The cells of some columns of a table or of rows. Each row has to have all of them, and no key that is
 * not `known`; a table may have further columns.
 *
 * @throws ValueError for a missing or a further key, or a value that does not fit, naming row and column.
 * @internal
 */
export function cellsOf(
  who: string,
  given: unknown,
  columns: readonly Input[],
  known: ReadonlySet<string>,
): Cells[] {
  if (given instanceof Table)
    return columns.map(({ name, type }) => castCells(who, name, given.column(name), type))
  const rows = isIterable(given) ? itemsOf(who, 'the rows', given) : [given]
  rows.forEach((row, place) => {
    checkRow(who, row, place, columns, known)
  })
  return columns.map(({ name, type }) => {
    const values = rows.map((row) => (row as Record<string, unknown>)[name])
    return columnFrom(who, `column ${show(name)}`, values, type)
  })
}

function checkRow(
  who: string,
  row: unknown,
  place: number,
  columns: readonly Input[],
  known: ReadonlySet<string>,
): void {
  const what = `row ${place}`
  checkObject(who, what, row)
  const keys = Object.keys(row)
  const further = keys.find((key) => !known.has(key))
  const missing = columns.find(({ name }) => !Object.hasOwn(row, name))
  if (missing !== undefined) {
    const meant = further === undefined ? undefined : nearest(missing.name, keys)
    const hint = meant === undefined ? 'a gap is null' : `is it ${show(meant)}?`
    const expected = `with a value for column ${show(missing.name)}`
    throw new ValueError(complaint(who, what, expected, 'none', hint))
  }
  if (further === undefined) return
  const meant = nearest(further, [...known])
  const hint = meant === undefined ? undefined : `did you mean ${show(meant)}?`
  const got = `a value for ${show(further)}`
  throw new ValueError(complaint(who, what, 'of columns that the fit saw', got, hint))
}
