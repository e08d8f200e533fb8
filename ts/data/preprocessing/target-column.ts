import { types } from 'node:util'

import { complaint, ValueError } from '../../errors.js'
import { type Column, isColumn } from '../table/column.js'
import { columnFrom } from '../table/column-from.js'

/** A target, which has no gaps. @throws ValueError @internal */
export function targetColumn(who: string, given: unknown): Column {
  if (!isColumn(given) && !Array.isArray(given) && !types.isTypedArray(given))
    throw new ValueError(complaint(who, 'the target', 'a column or a list', given))
  const column = isColumn(given) ? given : columnFrom(who, 'the target', given)
  if (column.length === 0) throw new ValueError(complaint(who, 'the target', 'rows', 'none'))
  for (let row = 0; row < column.length; row++) {
    if (!column.isGap(row)) continue
    const hint = 'leave out the rows whose target is not known'
    throw new ValueError(complaint(who, `row ${row} of the target`, 'a value', 'a gap', hint))
  }
  return column
}
