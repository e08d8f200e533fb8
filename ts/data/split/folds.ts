import { isWithin } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { Table } from '../table/table.js'
import { columnPerRow, type PerRow, placesByValue } from './groups.js'

/** Numbers of rows: of those to learn from and of those to judge by. */
export interface Fold {
  readonly train: Int32Array
  readonly test: Int32Array
}

/** What is cut into folds: a table, or a number of rows. */
export type Splittable = Table | number

/** Rows of a number alone: their order takes half a gigabyte. */
const MOST = 2 ** 27

/** @internal */
export interface Rows {
  readonly table: Table | null
  readonly count: number
}

/** @throws ValueError unless it is a table or a number of rows. @internal */
export function rowsOf(who: string, given: unknown): Rows {
  if (given instanceof Table) return { table: given, count: given.length }
  if (typeof given !== 'number')
    throw new ValueError(complaint(who, 'the data', 'a Table or a number of rows', given))
  if (!Number.isInteger(given) || !isWithin(given, 0, MOST))
    throw new ValueError(
      complaint(who, 'the number of rows', 'a whole number from 0 to 2^27', given),
    )
  return { table: null, count: given }
}

/** @throws ValueError when there are fewer than folds. @internal */
export function checkEnough(who: string, nSplits: number, what: string, count: number): void {
  if (count >= nSplits) return
  throw new ValueError(complaint(who, what, `${nSplits} or more, one a fold`, count))
}

/** Rows by class or group, in the order in which these first occur. @throws ValueError @internal */
export function classesOf(
  who: string,
  what: string,
  given: PerRow,
  { table, count }: Rows,
): number[][] {
  return [...placesByValue(columnPerRow(who, what, given, table, count)).values()]
}

/** The fold whose test part has the rows of this number; both in ascending order. @internal */
export function foldOf(folds: Int32Array, fold: number): Fold {
  const rows = Int32Array.from(folds, (_, row) => row)
  return {
    train: rows.filter((row) => folds[row] !== fold),
    test: rows.filter((row) => folds[row] === fold),
  }
}
