import { checkArguments } from '../../check.js'
import { readOptions } from '../../options.js'
import type { Table } from '../table/table.js'
import { CSV_OPTIONS, type ReadCsvOptions } from './csv-options.js'
import { openSource, type TableSource } from './source.js'

/**
 * Reads a table of comma-separated values, whose types are found: numbers, categories, dates, running
 * text; 'true' and 'false' are categories. `table.types` tells which, `table.notes` what may be meant
 * otherwise. Types are found from the first rows; a later cell that does not fit is an error.
 *
 * What parts the cells (a comma, semicolon, tab or bar), a decimal comma and a byte order mark are found
 * as well. Space around a cell is no part of it. A file is read as a stream, in slices between which the
 * event loop goes on.
 *
 * @param source A path, a `file:` URL, bytes, or a stream of them.
 * @throws FormatError for what is no such table, naming file, row (the first is row 0) and column: an empty
 *   file, a row of another width, an open quote, another encoding than UTF-8, a cell of another type than
 *   the others, an infinite number. ValueError when an option is wrong or names a column that is not there.
 *   Errors of the file system as they are.
 * @example
 * const table = await data.readCsv('penguins.csv')
 */
export async function readCsv(source: TableSource, options: ReadCsvOptions = {}): Promise<Table> {
  checkArguments('readCsv', 2, arguments)
  const given = readOptions('readCsv', CSV_OPTIONS, options)
  const opened = openSource('readCsv', source)
  const { csvTable } = await import('./readers.js')
  return csvTable(opened, given)
}
