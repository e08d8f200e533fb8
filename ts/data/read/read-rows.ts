import { checkArguments, isAsyncIterable, isIterable } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { choice, type Options, readOptions } from '../../options.js'
import type { DateOrder } from '../table/dates.js'
import type { RowInput, Table } from '../table/table.js'
import { READ_OPTIONS, type ReadOptions } from './read-options.js'

export interface ReadRowsOptions extends ReadOptions {
  /** What a text such as 3/4/2024 is: day or month first; by default found from the column's other dates. */
  dates?: DateOrder
}

const OPTIONS = {
  ...READ_OPTIONS,
  dates: choice(['dmy', 'mdy']),
} satisfies Options<ReadRowsOptions>

/**
 * The table of objects whose keys are the columns, of anything that gives them one by one or waits for
 * them: the rows of a database, say. Types are found as `readCsv` does, but that texts stay texts where
 * they are numbers: `types` reads them. A key that some rows lack is a gap there.
 *
 * @throws ValueError for a row that is no object, a value of another type than the others of its column
 *   have, an infinite number, more than `maxColumns` keys, or a name in an option that no row has.
 * @example
 * const table = await data.readRows(database.prepare('SELECT * FROM sales').iterate())
 */
export async function readRows(
  rows: Iterable<RowInput> | AsyncIterable<RowInput>,
  options: ReadRowsOptions = {},
): Promise<Table> {
  checkArguments('readRows', 2, arguments)
  const given = readOptions('readRows', OPTIONS, options)
  const source: unknown = rows
  if (!isIterable(source) && !isAsyncIterable(source)) {
    const expected = 'an iterable or async iterable of objects'
    throw new ValueError(complaint('readRows', 'the rows', expected, source))
  }
  const { rowsTable } = await import('./readers.js')
  return rowsTable(source, given)
}
