import { list, type Option, type Options, text, whole } from '../../options.js'
import type { ColumnType } from '../table/column.js'
import { TYPED } from '../table/table.js'
import { encodingExists } from './text.js'

/** What readers have in common. */
export interface ReadOptions {
  /** Types by the names of columns, where they shall not be found from the values. */
  types?: Readonly<Record<string, ColumnType>>
  /** The columns to keep, by name; by default all. */
  columns?: readonly string[]
  /** Most rows to read; what comes after is left. By default all. */
  limit?: number
  /** Rows of which the type of a column is found. By default 10,000. */
  sample?: number
  /** Columns above which it is refused, as their memory is used before the first row is there. By default 16,384. */
  maxColumns?: number
}

export const READ_OPTIONS = {
  types: TYPED,
  columns: list(text()),
  limit: whole(0),
  sample: whole(1, 10_000),
  maxColumns: whole(1, 16_384),
} satisfies Options<ReadOptions>

export const ENCODING: Option<string | undefined> = {
  initial: undefined,
  expected: 'an encoding that TextDecoder knows',
  accepts: encodingExists,
}
