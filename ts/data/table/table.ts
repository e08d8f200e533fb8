import { types } from 'node:util'

import { checkArguments, checkList, checkNumber, checkObject, itemsOf } from '../../check.js'
import { complaint, ShapeError, ValueError } from '../../errors.js'
import { nearest } from '../../nearest.js'
import { list, type Option, type Options, readOptions, text } from '../../options.js'
import { show } from '../../show.js'
import {
  type Cell,
  type Column,
  type ColumnType,
  isColumn,
  sliceCells,
  takeCells,
} from './column.js'
import { columnFrom } from './column-from.js'

/** A row as it is read: a value by the name of its column, null for a gap. */
export type Row = Record<string, Cell>

/** A row as it is given: booleans are the categories 'false' and 'true', undefined is a gap. */
export type RowInput = Readonly<Record<string, Cell | boolean | bigint | undefined>>

/** The cells of a column as they are given. */
export type ColumnInput = Column | ArrayLike<Cell | boolean | bigint | undefined>

export interface TableOptions {
  /** Types by the names of columns, where they shall not be found from the values. */
  types?: Readonly<Record<string, ColumnType>>
  /** What is worth telling of how it was made; see `Table.notes`. */
  notes?: readonly string[]
}

const TYPES: readonly string[] = ['number', 'category', 'date', 'text'] satisfies ColumnType[]

/** The columns of a spreadsheet: more names in rows are rather a mistake, and each costs a column's memory. */
const MAX_COLUMNS = 16_384

/** @internal */
export const TYPED: Option<Readonly<Record<string, ColumnType>> | undefined> = {
  initial: undefined,
  expected: `an object with ${TYPES.map((type) => `'${type}'`).join(', ')} by column`,
  accepts: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((type) => TYPES.includes(type as string)),
}

const OPTIONS = { types: TYPED, notes: list(text()) } satisfies Options<TableOptions>

/**
 * Rows whose columns have names and types, kept by column. A table does not change: what selects or adds
 * makes another one, which shares the columns.
 *
 * @example
 * const table = data.Table.fromRows([{ bill: 39.1, island: 'Biscoe' }, { bill: null, island: 'Dream' }])
 * table.column('island').type // 'category'
 */
export class Table implements Iterable<Row> {
  /** Number of rows. */
  readonly length: number
  /** What reading found that may be meant otherwise, a sentence each. Tables made of this one have none. */
  readonly notes: readonly string[]
  readonly #columns: ReadonlyMap<string, Column>

  /**
   * The table of the cells of each column: arrays, typed arrays or columns of another table.
   *
   * @throws ValueError when something is none of these, a value is of another kind than the others of its
   *   column, or `types` names a column that is not there; ShapeError when the columns differ in length.
   */
  constructor(
    columns: Readonly<Record<string, ColumnInput>> | ReadonlyMap<string, ColumnInput>,
    options: TableOptions = {},
  ) {
    checkArguments('Table', 2, arguments)
    const given = readOptions('Table', OPTIONS, options)
    checkObject('Table', 'the columns', columns)
    const entries = types.isMap(columns) ? [...columns] : Object.entries(columns)
    const asked = new Map(Object.entries(given.types ?? {}))
    for (const name of asked.keys()) {
      const known = entries.map(([other]) => other)
      if (!known.includes(name)) throw unknownColumn('Table', name, known)
    }
    const made = new Map<string, Column>()
    let length: number | undefined
    for (const [name, cells] of entries) {
      const what = `column ${show(name)}`
      if (typeof name !== 'string') throw new ValueError(complaint('Table', what, 'a text', name))
      const column = columnOf('Table', what, cells, asked.get(name))
      length ??= column.length
      if (column.length !== length) {
        const expected = `${length} long, as the first one is`
        throw new ShapeError(complaint('Table', what, expected, String(column.length)))
      }
      made.set(name, column)
    }
    this.#columns = made
    this.length = length ?? 0
    this.notes = Object.freeze([...(given.notes ?? [])])
  }

  /**
   * The table of objects whose keys are the columns: rows of a database, say. A key that some rows lack
   * is a gap there.
   *
   * @throws ValueError when something is no object, there are more than 16,384 names, a value is of another kind than the others of its
   *   column, or `types` names a column that is not there.
   */
  static fromRows(rows: Iterable<RowInput>, options: TableOptions = {}): Table {
    checkArguments('Table.fromRows', 2, arguments)
    const lists = new Map<string, ColumnInput & unknown[]>()
    const items = itemsOf('Table.fromRows', 'the rows', rows)
    items.forEach((row, place) => {
      checkObject('Table.fromRows', `row ${place}`, row)
      for (const name of Object.keys(row)) {
        let list = lists.get(name)
        if (list === undefined) {
          if (lists.size === MAX_COLUMNS) throw tooManyColumns('Table.fromRows', place)
          lists.set(name, (list = []))
        }
        while (list.length < place) list.push(null)
        list.push((row as RowInput)[name])
      }
    })
    for (const list of lists.values()) while (list.length < items.length) list.push(null)
    return new Table(lists, options)
  }

  get columnNames(): string[] {
    return [...this.#columns.keys()]
  }

  /** Types by the names of the columns. */
  get types(): Record<string, ColumnType> {
    return Object.fromEntries(Array.from(this.#columns, ([name, { type }]) => [name, type]))
  }

  has(name: string): boolean {
    return this.#columns.has(name)
  }

  /** @throws ValueError when there is no such column, with the one that may have been meant. */
  column(name: string): Column {
    const column = this.#columns.get(name)
    if (column === undefined) throw unknownColumn('Table', name, this.columnNames)
    return column
  }

  /**
   * A row as an object of its own.
   *
   * @throws ValueError when there is no such row.
   */
  row(index: number): Row {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      const expected = `within 0 to ${this.length - 1}`
      throw new ValueError(complaint('Table', 'the row', expected, index))
    }
    return this.#row(index)
  }

  *[Symbol.iterator](): IterableIterator<Row> {
    for (let index = 0; index < this.length; index++) yield this.#row(index)
  }

  toRows(): Row[] {
    return [...this]
  }

  /** These columns, in this order. @throws ValueError when one is not there. */
  select(names: readonly string[]): Table {
    checkList('Table.select', 'the names', names)
    return new Table(new Map([...names].map((name) => [name, this.column(name)])))
  }

  /** The other columns. @throws ValueError when one is not there. */
  drop(names: readonly string[]): Table {
    checkList('Table.drop', 'the names', names)
    for (const name of [...names]) this.column(name)
    return this.select(this.columnNames.filter((name) => !names.includes(name)))
  }

  /** These rows, in this order; a row may come twice. @throws ValueError when one is not there. */
  take(indices: Iterable<number>): Table {
    const given = placesOf(indices)
    for (let i = 0; i < given.length; i++) {
      const place = given[i]!
      if (Number.isInteger(place) && place >= 0 && place < this.length) continue
      const expected = `within 0 to ${this.length - 1}`
      throw new ValueError(complaint('Table.take', `index ${i}`, expected, place))
    }
    const places = Int32Array.from(given)
    return this.#mapped((column) => takeCells(column, places))
  }

  /** Rows from `start` up to `end`, which are counted from the end if negative, as in `Array.slice`. */
  slice(start?: number, end?: number): Table {
    if (start !== undefined) checkNumber('Table.slice', 'the start', start)
    if (end !== undefined) checkNumber('Table.slice', 'the end', end)
    return this.#mapped((column) => sliceCells(column, start, end))
  }

  /**
   * The table with one column more, or another one of this name.
   *
   * @throws ValueError for a value that does not fit; ShapeError unless there is one a row.
   */
  with(name: string, column: ColumnInput): Table {
    return new Table(new Map<string, ColumnInput>([...this.#columns, [name, column]]))
  }

  #mapped(change: (column: Column) => Column): Table {
    return new Table(
      new Map(Array.from(this.#columns, ([name, column]) => [name, change(column)] as const)),
    )
  }

  /** Defined, as a name may be `__proto__`. */
  #row(index: number): Row {
    const row: Row = {}
    for (const [name, column] of this.#columns) {
      const value = column.get(index)
      if (name !== '__proto__') row[name] = value
      else
        Object.defineProperty(row, name, {
          value,
          enumerable: true,
          configurable: true,
          writable: true,
        })
    }
    return row
  }
}

function tooManyColumns(who: string, row: number): ValueError {
  const hint = 'a Table of arrays by column may have more'
  const got = `a name more in row ${row}`
  return new ValueError(complaint(who, 'the rows', `of ${MAX_COLUMNS} names at most`, got, hint))
}

function columnOf(who: string, what: string, cells: unknown, type?: ColumnType): Column {
  if (!isColumn(cells)) {
    if (!Array.isArray(cells) && !types.isTypedArray(cells))
      throw new ValueError(complaint(who, what, 'an array', cells))
    return columnFrom(who, what, Array.isArray(cells) ? [...(cells as unknown[])] : cells, type)
  }
  if (type === undefined || type === cells.type) return cells
  throw new ValueError(complaint(who, what, `of type ${type}`, cells.type))
}

/** Numbers that are to be looked at: as they stand where nobody can change them meanwhile. */
function placesOf(indices: unknown): ArrayLike<number> {
  if (
    types.isTypedArray(indices) &&
    !types.isBigInt64Array(indices) &&
    !types.isBigUint64Array(indices)
  )
    return indices
  return itemsOf('Table.take', 'the indices', indices) as number[]
}

/** @internal */
export function unknownColumn(who: string, name: unknown, known: readonly string[]): ValueError {
  const meant = typeof name === 'string' ? nearest(name, known) : undefined
  const some = known.slice(0, 20).map((other) => show(other))
  const list = `the columns are ${some.join(', ')}${known.length > 20 ? ', …' : ''}`
  const hint = meant === undefined ? list : `did you mean ${show(meant)}?`
  return new ValueError(complaint(who, 'the column', 'one of the table', show(name), hint))
}
