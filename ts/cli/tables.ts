import path from 'node:path'

import { data } from '../index.js'
import { show } from '../show.js'
import { type OptionValues, text, texts, word } from './arguments.js'
import { csvOptions, formatOf, type FormatOptions, readFormat } from './formats.js'
import type { Io } from './io.js'
import { UsageError } from './usage-error.js'

const TYPES: readonly data.ColumnType[] = ['number', 'category', 'date', 'text']

/** How a table is read, of every command that reads one. */
export const TABLE_OPTIONS = {
  types: texts('column=type', `types that are not to be found: ${TYPES.join(', ')}`),
  missing: texts(
    'texts',
    'what stands for no value beside an empty cell, instead of NA, null and the like',
  ),
  delimiter: text('character', 'what parts the cells; default: found (tab: \\t)'),
  decimal: word('what comes before a fraction; default: found', ['.', ',']),
  dates: word('what 3/4/2024 is, day or month first; default: found', ['dmy', 'mdy']),
  encoding: text('name', 'of the file, as windows-1252; default: UTF-8'),
}

type TableOptions = OptionValues<typeof TABLE_OPTIONS>

/**
 * The table of a file by the ending of its name; `-` for CSV from standard input. What the reader was not sure
 * of is told.
 *
 * @param known Types of columns that are known from elsewhere; what the user says goes first.
 * @throws UsageError for an option that says nothing to such a file.
 */
export async function readTable(
  file: string,
  given: TableOptions,
  io: Io,
  known: Readonly<Record<string, data.ColumnType>> = {},
): Promise<data.Table> {
  const { missing, delimiter, decimal, dates, encoding } = given
  const format = formatOf(file)
  for (const name of Object.keys(TABLE_OPTIONS) as (keyof TableOptions)[]) {
    const value = given[name]
    const isGiven = Array.isArray(value) ? value.length > 0 : value !== undefined
    if (isGiven && !format.takes.includes(name))
      throw new UsageError(`--${name} says nothing to ${format.name}, as which ${file} is read`)
  }
  const options: FormatOptions = {
    types: { ...known, ...typesOf(given.types) },
    missing: missing.length > 0 ? missing : undefined,
    delimiter: delimiter === '\\t' ? '\t' : delimiter,
    decimal,
    dates,
    encoding,
  }
  const table =
    file === '-'
      ? await data.readCsv(io.stdin, csvOptions(options))
      : await readFormat(file, options)
  for (const note of table.notes) io.tell(`note: ${note}`)
  return table
}

/** For messages. */
export function nameOf(file: string): string {
  return file === '-' ? 'standard input' : path.basename(file)
}

function typesOf(given: readonly string[]): Record<string, data.ColumnType> {
  const entries = given.map((pair) => {
    const at = pair.lastIndexOf('=')
    const [name, type] = [pair.slice(0, at), pair.slice(at + 1)]
    if (at > 0 && TYPES.some((each) => each === type)) return [name, type]
    const expected = `column=type, the type one of ${TYPES.join(', ')}`
    throw new UsageError(`--types: expected ${expected}, got ${show(pair)}`)
  })
  return Object.fromEntries(entries) as Record<string, data.ColumnType>
}
