import { checkArguments } from '../../check.js'
import { choice, type Options, readOptions, whole } from '../../options.js'
import type { Table } from '../table/table.js'
import { ENCODING, READ_OPTIONS } from './read-options.js'
import type { ReadRowsOptions } from './read-rows.js'
import { openSource, type TableSource } from './source.js'

export interface ReadJsonLinesOptions extends ReadRowsOptions {
  /** As `TextDecoder` names it: 'windows-1252', 'utf-16le', … By default UTF-8. */
  encoding?: string
  /** Bytes of a line above which it is refused. By default 16 MiB. */
  maxRowBytes?: number
}

export const JSON_LINES_OPTIONS = {
  ...READ_OPTIONS,
  dates: choice(['dmy', 'mdy']),
  encoding: ENCODING,
  maxRowBytes: whole(1, 2 ** 24),
} satisfies Options<ReadJsonLinesOptions>

/**
 * Reads a table of JSON lines (NDJSON): an object a line, whose keys are the columns. Types are found as
 * `readRows` does; null and a key that is not there are gaps. Empty lines are none.
 *
 * @param source A path, a `file:` URL, bytes, or a stream of them.
 * @throws FormatError for what is no such table, naming file, row (the first is row 0) and column; ValueError
 *   when an option is wrong or names a column that is not there. Errors of the file system as they are.
 * @example
 * const table = await data.readJsonLines('events.jsonl')
 */
export async function readJsonLines(
  source: TableSource,
  options: ReadJsonLinesOptions = {},
): Promise<Table> {
  checkArguments('readJsonLines', 2, arguments)
  const given = readOptions('readJsonLines', JSON_LINES_OPTIONS, options)
  const opened = openSource('readJsonLines', source)
  const { jsonLinesTable } = await import('./readers.js')
  return jsonLinesTable(opened, given)
}
