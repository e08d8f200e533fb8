import { types } from 'node:util'

import { complaint, ShapeError, ValueError } from '../../errors.js'
import { show } from '../../show.js'
import { type Column, isColumn } from '../table/column.js'
import { columnFrom } from '../table/column-from.js'
import type { ColumnInput, Table } from '../table/table.js'

/** Values one a row: the name of a column, or the values themselves. */
export type PerRow = string | ColumnInput

/** Rows by the value that they share, in the order in which the values first occur. @internal */
export function placesByValue(column: Column): Map<unknown, number[]> {
  const places = new Map<unknown, number[]>()
  for (let row = 0; row < column.length; row++) {
    const value = keyOf(column, row)
    const some = places.get(value)
    if (some === undefined) places.set(value, [row])
    else some.push(row)
  }
  return places
}

function keyOf(column: Column, row: number): unknown {
  return column.type === 'category' ? column.codes[row] : column.values[row]
}

/**
 * A column of a table by its name, or one of its own; without gaps, one value a row.
 *
 * @throws ValueError, ShapeError
 * @internal
 */
export function columnPerRow(
  who: string,
  what: string,
  given: unknown,
  table: Table | null,
  rows: number,
): Column {
  if (typeof given === 'string' && table === null)
    throw new ValueError(complaint(who, what, 'a list, as there is no table', show(given)))
  const list = isColumn(given) || Array.isArray(given) || types.isTypedArray(given)
  if (typeof given !== 'string' && !list)
    throw new ValueError(complaint(who, what, 'a column or its name', given))
  const column =
    typeof given === 'string'
      ? table!.column(given)
      : isColumn(given)
        ? given
        : columnFrom(who, what, given as ArrayLike<unknown>)
  if (column.length !== rows)
    throw new ShapeError(complaint(who, what, `${rows} values, one a row`, column.length))
  for (let row = 0; row < rows; row++) {
    if (!column.isGap(row)) continue
    throw new ValueError(complaint(who, `row ${row} of ${what}`, 'a value', 'a gap'))
  }
  return column
}
