import { complaint, ValueError } from '../../errors.js'
import type { ColumnType } from '../table/column.js'
import type { Input } from './cells.js'

/** @throws ValueError unless each feature is of one of the types. @internal */
export function checkInputs(
  who: string,
  inputs: readonly Input[],
  types: readonly ColumnType[],
  hint?: string,
): void {
  const odd = inputs.find(({ type }) => !types.includes(type))
  if (odd === undefined) return
  const expected = `of type ${types.join(' or ')}`
  throw new ValueError(complaint(who, `column ${odd.name}`, expected, odd.type, hint))
}

/** @throws ValueError when nothing but gaps was there to learn from. @internal */
export function checkSome(who: string, { name }: Input, count: number): void {
  if (count > 0) return
  throw new ValueError(complaint(`${who}.fit`, `column ${name}`, 'some values', 'gaps alone'))
}
