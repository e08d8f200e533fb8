import { complaint, FormatError } from '../../errors.js'
import type { Values } from '../../options.js'
import { reasonOf, show } from '../../show.js'
import type { Table } from '../table/table.js'
import type { JSON_LINES_OPTIONS } from './read-json-lines.js'
import { RowsReader } from './rows-table.js'
import type { Opened } from './source.js'
import { textOf } from './text.js'

const WHO = 'readJsonLines'
const LINE_FEED = 10

/** The table of JSON lines; what `readJsonLines` does once its arguments are checked. */
export async function jsonLinesTable(
  source: Opened,
  given: Values<typeof JSON_LINES_OPTIONS>,
): Promise<Table> {
  const { name } = source
  const reader = new RowsReader(WHO, ` in ${name}`, given, FormatError)
  let rest: Uint8Array[] = []
  let open = 0
  const read = (line: Uint8Array): void => {
    const row = reader.full ? null : rowOf(name, reader.length, Buffer.from(line).toString())
    if (row !== null) reader.add(row)
  }
  for await (const { bytes, complaint: wrong } of textOf(WHO, source, given.encoding)) {
    let start = 0
    for (;;) {
      const end = bytes.indexOf(LINE_FEED, start)
      if (end < 0) break
      read(Buffer.concat([...rest, bytes.subarray(start, end)]))
      rest = []
      open = 0
      start = end + 1
    }
    rest.push(bytes.subarray(start))
    open += bytes.length - start
    if (wrong !== undefined) throw wrong(`row ${reader.length}`)
    if (open > given.maxRowBytes) {
      const expected = `of ${given.maxRowBytes} bytes at most`
      const what = `row ${reader.length} of ${name}`
      throw new FormatError(
        complaint(WHO, what, expected, 'more', 'pass { maxRowBytes } if rows are that long'),
      )
    }
    if (reader.full) break
    await reader.settle()
  }
  read(Buffer.concat(rest))
  if (reader.length === 0 && given.limit !== 0)
    throw new FormatError(complaint(WHO, name, 'text with an object a line', 'an empty one'))
  return reader.finish()
}

/** The object of a line; null for an empty one. */
function rowOf(name: string, row: number, line: string): object | null {
  if (line.trim() === '') return null
  const what = `row ${row} of ${name}`
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    const list = line.trimStart().startsWith('[')
    const hint = list ? 'of a JSON array, use data.readRows(JSON.parse(text))' : reasonOf(error)
    throw new FormatError(complaint(WHO, what, 'a JSON object', show(line), hint))
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new FormatError(complaint(WHO, what, 'a JSON object', show(value)))
}
