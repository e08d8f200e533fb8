import { type Info, parse, type Parser } from 'csv-parse'

import { complaint, FormatError, GradlaneError } from '../../errors.js'
import type { Values } from '../../options.js'
import { show } from '../../show.js'
import { type Table, unknownColumn } from '../table/table.js'
import { MISSING, pointNumber, trimmed } from './cells.js'
import { checkWidth, namesOf } from './csv-names.js'
import type { CSV_OPTIONS } from './csv-options.js'
import { findDelimiter } from './delimiter.js'
import { GrowingTable, type Plan } from './growing.js'
import { find, type Manner, readingAs } from './infer.js'
import type { Opened } from './source.js'
import { textOf } from './text.js'
import { Turns } from './turns.js'

const WHO = 'readCsv'

/** Bytes of which the delimiter is found. */
const HEAD = 64 * 1024

/** csv-parse ends a row only when it sees some bytes more. */
const LOOK_AHEAD = Buffer.from(' '.repeat(16))

type Given = Values<typeof CSV_OPTIONS>
type Target = ReturnType<GrowingTable['column']> | null

/** The table of a text; what `readCsv` does once its arguments are checked. */
export async function csvTable(source: Opened, given: Given): Promise<Table> {
  const turns = new Turns()
  const file = new CsvFile(source.name, given)
  const head: Uint8Array[] = []
  let bytes = 0
  for await (const piece of textOf(WHO, source, given.encoding)) {
    if (bytes < HEAD && piece.complaint === undefined) head.push(piece.bytes)
    else {
      await file.start(head, false)
      await file.write(piece.bytes)
    }
    bytes += piece.bytes.length
    if (piece.complaint !== undefined) {
      await file.start(head, false)
      await file.write(LOOK_AHEAD)
      throw piece.complaint(file.rowInReading)
    }
    if (file.full) break
    await file.settle(turns)
  }
  await file.start(head, true)
  return file.finish(turns)
}

/** What is read of a file, row by row. */
class CsvFile {
  readonly #name: string
  readonly #given: Given
  #parser: Parser | null = null
  #table: GrowingTable | null = null
  /** Where the cells of a row go; null for a column that is not kept. */
  #targets: readonly Target[] = []
  /** Bytes since the last row ended. */
  #open = 0
  /** Whether each row so far is a line. */
  #plain = true

  constructor(name: string, given: Given) {
    this.#name = name
    this.#given = given
  }

  /** Whether there are as many rows as were asked for. */
  get full(): boolean {
    const { limit } = this.#given
    return limit !== undefined && this.#table !== null && this.#table.length >= limit
  }

  /** For messages. */
  get rowInReading(): string {
    return this.#table === null ? 'the row of names' : `row ${this.#table.length}`
  }

  /** Begins with the first bytes, which are kept until then. @param whole Whether they are all. */
  async start(head: readonly Uint8Array[], whole: boolean): Promise<void> {
    if (this.#parser !== null) return
    const { delimiter, quote } = this.#given
    const text = (): string => Buffer.concat(head).toString()
    this.#parser = parse({
      bom: false,
      delimiter: delimiter ?? findDelimiter(text(), quote, whole),
      escape: quote,
      quote,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true, // told with the row's own number
      skip_empty_lines: true,
      on_record: (cells: string[], info: Info) => {
        this.#addRow(cells, info)
        return null
      },
    })
    this.#parser.on('error', () => undefined) // comes with the write as well
    this.#parser.resume()
    for (const bytes of head) await this.write(bytes)
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#open += bytes.length
    await new Promise<void>((resolve, reject) => {
      this.#parser!.write(bytes, (error) => {
        if (error) reject(this.#told(error))
        else resolve()
      })
    })
    const { maxRowBytes } = this.#given
    if (this.#open <= maxRowBytes) return
    const what = `${this.rowInReading} of ${this.#name}`
    const hint = 'is a quote left open? pass { maxRowBytes } if rows are that long'
    throw new FormatError(complaint(WHO, what, `of ${maxRowBytes} bytes at most`, 'more', hint))
  }

  async settle(turns: Turns): Promise<void> {
    if (this.#table?.due === true) await this.#table.settle(turns)
    if (turns.due) await turns.turn()
  }

  async finish(turns: Turns): Promise<Table> {
    await new Promise<void>((resolve, reject) => {
      this.#parser!.end((error?: Error | null) => {
        if (error) reject(this.#told(error))
        else resolve()
      })
    })
    if (this.#table === null) {
      if (!Array.isArray(this.#given.header)) {
        const row = this.#given.header === true ? 'a row of names' : 'a row'
        throw new FormatError(complaint(WHO, this.#name, `text with ${row}`, 'an empty one'))
      }
      this.#begin(this.#given.header as readonly string[])
    }
    return this.#table!.finish(turns)
  }

  #addRow(cells: readonly string[], { lines, records }: Info): void {
    this.#open = 0
    if (lines !== records) this.#plain = false
    if (this.#table === null) {
      const { header } = this.#given
      checkWidth(WHO, this.#name, cells.length, this.#given.maxColumns)
      if (header === true) {
        this.#begin(cells.map(trimmed))
        return
      }
      this.#begin(header === false ? cells.map((_, i) => `column_${i + 1}`) : header.map(String))
    }
    if (this.full) return
    const targets = this.#targets
    if (cells.length !== targets.length) throw this.#ragged(cells.length)
    for (let i = 0; i < targets.length; i++) targets[i]?.add(trimmed(cells[i]!))
    this.#table!.endRow(true)
  }

  #begin(header: readonly string[]): void {
    const { columns, types = {} } = this.#given
    const { names, notes } = namesOf(header)
    const asked = new Map(Object.entries(types))
    const unknown = [...asked.keys(), ...(columns ?? [])].find((name) => !names.includes(name))
    if (unknown !== undefined) throw unknownColumn(WHO, unknown, names)
    const kept = new Set(columns ?? names)
    for (const name of asked.keys()) if (!kept.has(name)) asked.delete(name)
    const table = new GrowingTable(this.#plan(asked), notes)
    for (const name of kept) table.column(name)
    this.#targets = names.map((name) => (kept.has(name) ? table.column(name) : null))
    this.#table = table
  }

  #plan(types: Plan['types']): Plan {
    const { missing = MISSING, decimal, dates, sample } = this.#given
    const none = new Set(missing).add('')
    const manner: Manner = { decimal, dates }
    return {
      who: WHO,
      sample,
      types,
      gaps: {
        isGap: (value) => value === null || none.has(value as string),
        first: missing.some((text) => !Number.isNaN(pointNumber(text.replace(',', '.')))),
      },
      find: (texts) => find(texts as string[], manner),
      as: (type, texts) => readingAs(type, texts as string[], manner),
      where: (row, column) => this.#where(row, column),
      error: FormatError,
      fix: (value) => `pass { missing: [${show(value)}] } for a gap, or other { types }`,
    }
  }

  #where(row: number, column?: string): string {
    const line = this.#plain ? ` (line ${row + (this.#given.header === true ? 2 : 1)})` : ''
    return `row ${row}${column === undefined ? '' : ` of column ${show(column)}`} in ${this.#name}${line}`
  }

  #ragged(got: number): FormatError {
    const expected = `${this.#targets.length} cells wide`
    const { header } = this.#given
    const as = header === false ? 'as the first row' : 'as there are names'
    return new FormatError(
      complaint(WHO, this.#where(this.#table!.length), `${expected}, ${as}`, `${got} cells`),
    )
  }

  /** What csv-parse objects to, in our words. */
  #told(error: Error): Error {
    if (error instanceof GradlaneError) return error
    const { code, column } = error as { code?: string; column?: unknown }
    const row = this.#table === null ? 'the row of names' : this.#where(this.#table.length)
    const where = typeof column === 'number' ? `cell ${column} of ${row}` : row
    const open = code === 'CSV_QUOTE_NOT_CLOSED'
    const expected = open
      ? 'closed by a quote'
      : 'quoted as a whole, with quotes inside of it doubled'
    const got = open ? 'the end of the file' : 'a quote inside of it'
    const hint = 'pass { quote: null } where quotes are part of the texts'
    return new FormatError(complaint(WHO, where, expected, got, hint))
  }
}
