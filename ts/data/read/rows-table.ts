import { complaint, FormatError, ValueError } from '../../errors.js'
import type { Values } from '../../options.js'
import { show } from '../../show.js'
import { momentFrom, numberFrom, textFrom, typeOf, isGap } from '../table/column-from.js'
import type { ColumnType } from '../table/column.js'
import type { DateOrder } from '../table/dates.js'
import type { Table } from '../table/table.js'
import type { Reading } from './builder.js'
import { GrowingTable, type Plan } from './growing.js'
import { findTexts, type Finding, readingAs } from './infer.js'
import type { READ_OPTIONS } from './read-options.js'
import { Turns } from './turns.js'

type Given = Values<typeof READ_OPTIONS> & { readonly dates?: DateOrder | undefined }

/** Rows that are objects, added one by one. */
export class RowsReader {
  readonly #who: string
  /** What the rows come from, for messages. */
  readonly #name: string
  readonly #given: Given
  readonly #table: GrowingTable
  readonly #turns = new Turns()
  /** Asked for, and in no row so far. */
  readonly #unseen: Set<string>

  constructor(who: string, name: string, given: Given, error: Plan['error']) {
    this.#who = who
    this.#name = name
    this.#given = given
    const types = new Map(Object.entries(given.types ?? {}))
    const { columns } = given
    this.#unseen = new Set(columns)
    if (columns !== undefined)
      for (const asked of types.keys()) if (!columns.includes(asked)) types.delete(asked)
    this.#table = new GrowingTable({
      who,
      types,
      error,
      sample: given.sample,
      gaps: { isGap, first: false },
      find: (values) => findValues(values, given.dates),
      as: (type, values) => readAs(type, values, given.dates),
      where: (row, column) => `row ${row} of column ${show(column)}${name}`,
      fix: (value) =>
        typeof value === 'object' ? 'leave the column out by { columns }' : 'pass other { types }',
    })
  }

  /** Rows so far. */
  get length(): number {
    return this.#table.length
  }

  /** Whether there are as many rows as were asked for. */
  get full(): boolean {
    const { limit } = this.#given
    return limit !== undefined && this.#table.length >= limit
  }

  /** @throws ValueError when it has more names than there may be columns. */
  add(row: object): void {
    const { columns, maxColumns } = this.#given
    const table = this.#table
    const names = columns ?? Object.keys(row)
    if (this.#unseen.size > 0) for (const name of Object.keys(row)) this.#unseen.delete(name)
    for (const name of names) {
      if (!table.has(name) && table.width === maxColumns) {
        const what = `row ${table.length}${this.#name}`
        const expected = `one of ${maxColumns} columns at most`
        const hint = 'pass { maxColumns } if there are more'
        throw new FormatError(complaint(this.#who, what, expected, 'a name more', hint))
      }
      table
        .column(name)
        .add(Object.hasOwn(row, name) ? (row as Record<string, unknown>)[name] : null)
    }
    table.endRow(names.length === table.width)
  }

  async settle(): Promise<void> {
    if (this.#table.due) await this.#table.settle(this.#turns)
    if (this.#turns.due) await this.#turns.turn()
  }

  /** @throws ValueError when a column that was asked for is in no row. */
  finish(): Promise<Table> {
    const [unseen] = this.#unseen
    if (unseen !== undefined && this.length > 0) {
      const hint = 'no row has it'
      throw new ValueError(complaint(this.#who, 'the column', 'in the rows', show(unseen), hint))
    }
    return this.#table.finish(this.#turns)
  }
}

/** The table of objects; what `readRows` does once its arguments are checked. */
export async function rowsTable(
  rows: Iterable<unknown> | AsyncIterable<unknown>,
  given: Given,
): Promise<Table> {
  const who = 'readRows'
  const reader = new RowsReader(who, '', given, ValueError)
  const add = (row: unknown): void => {
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      throw new ValueError(complaint(who, `row ${reader.length}`, 'an object', show(row)))
    reader.add(row)
  }
  const wait = (): boolean => reader.length % 64 === 0
  if (Symbol.asyncIterator in rows) {
    for await (const row of rows) {
      if (!reader.full) add(row)
      if (reader.full) break
      if (wait()) await reader.settle()
    }
  } else {
    for (const row of rows) {
      if (!reader.full) add(row)
      if (reader.full) break
      if (wait()) await reader.settle()
    }
  }
  return reader.finish()
}

const READ: Readonly<Record<ColumnType, (value: unknown) => number | string | null | undefined>> = {
  number: numberFrom,
  date: momentFrom,
  category: textFrom,
  text: textFrom,
}

function readAs(type: ColumnType, values: readonly unknown[], dates?: DateOrder): Reading {
  if (type === 'date' && typeof values[0] === 'string') {
    const texts = values.filter((value) => typeof value === 'string')
    return readingOf(readingAs('date', texts, { decimal: undefined, dates }))
  }
  return valuesOf(type, true)
}

function valuesOf(type: ColumnType, asked: boolean): Reading {
  const from = READ[type]
  return type === 'number' || type === 'date'
    ? { type, read: (value) => (from(value) as number | undefined) ?? NaN }
    : { type, asked, read: (value) => (from(value) as string | null | undefined) ?? null }
}

/** A reading of texts, which lets other values through. */
function readingOf(reading: Reading): Reading {
  if (reading.type !== 'date') return valuesOf(reading.type, false)
  const { read } = reading
  return {
    type: 'date',
    read: (value) => (typeof value === 'string' ? read(value) : (momentFrom(value) ?? NaN)),
  }
}

function findValues(values: readonly unknown[], dates?: DateOrder): Finding {
  const type = typeOf(values)
  if (type === 'number' || type === 'date') return { reading: valuesOf(type, false) }
  if (!values.every((value) => typeof value === 'string')) return { reading: valuesOf(type, false) }
  const { reading, note } = findTexts(values, { decimal: undefined, dates })
  return { reading: readingOf(reading), ...(note === undefined ? {} : { note }) }
}
