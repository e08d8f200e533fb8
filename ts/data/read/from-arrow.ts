import { checkArguments } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { show } from '../../show.js'
import { categoriesOf, typeOfTexts } from '../table/column-from.js'
import {
  CategoryColumn,
  type Column,
  DateColumn,
  NumberColumn,
  TextColumn,
} from '../table/column.js'
import { Table } from '../table/table.js'

/** A table as `apache-arrow` holds it, of which this is used. */
export interface ArrowTable {
  readonly schema: { readonly fields: readonly { readonly name: string }[] }
  getChildAt(index: number): unknown
}

interface ArrowVector {
  readonly type: { readonly typeId: number; readonly toString: () => string }
  readonly length: number
  readonly data: readonly ArrowData[]
  get(index: number): unknown
}

interface ArrowData {
  readonly length: number
  readonly nullCount: number
  readonly values: unknown
  readonly dictionary?: { get(index: number): unknown; readonly length: number }
  getValid(index: number): boolean
}

// Of the format: https://arrow.apache.org/docs/format/Columnar.html
const [DICTIONARY, NULL, INT, FLOAT, UTF8, BOOL, DATE, TIMESTAMP, LARGE_UTF8, UTF8_VIEW] = [
  ...[-1, 1, 2, 3, 5, 6],
  ...[8, 10, 20, 24],
] as const

/**
 * The table of an Arrow table, as `tableFromIPC` of `apache-arrow` gives it, of what polars writes with
 * `write_ipc`, say: numbers, booleans (categories), dates and timestamps, texts, and dictionaries (categories).
 * Columns of 64-bit floats in one piece without nulls are shared, not copied; whole numbers above 2^53 are
 * rounded.
 *
 * @throws ValueError when it is none, or naming a column of another type.
 */
export function fromArrow(table: ArrowTable): Table {
  const who = 'fromArrow'
  checkArguments(who, 1, arguments)
  const { schema, getChildAt } = Object(table) as Partial<ArrowTable>
  const fields: unknown = schema?.fields
  if (!Array.isArray(fields) || typeof getChildAt !== 'function')
    throw new ValueError(complaint(who, 'the table', 'one of apache-arrow', show(table)))
  const columns = new Map<string, Column>()
  fields.forEach((field: unknown, place) => {
    const { name } = Object(field) as Partial<ArrowTable['schema']['fields'][number]>
    const vector = table.getChildAt(place)
    if (typeof name !== 'string' || !isVector(vector)) {
      const what = `column ${place} of the table`
      throw new ValueError(complaint(who, what, 'one of apache-arrow', show(vector)))
    }
    const column = columnOf(vector)
    if (column === null) {
      const expected = 'of numbers, booleans, dates or texts'
      const hint = 'select the other columns first'
      const what = `column ${show(name)}`
      throw new ValueError(complaint(who, what, expected, show(vector.type.toString()), hint))
    }
    columns.set(name, column)
  })
  return new Table(columns)
}

function isVector(value: unknown): value is ArrowVector {
  const { type, length, data, get } = Object(value) as Partial<ArrowVector>
  const { typeId } = Object(type) as Partial<ArrowVector['type']>
  const counted = Number.isSafeInteger(length) && Number.isInteger(typeId)
  return counted && Array.isArray(data) && typeof get === 'function'
}

function columnOf(vector: ArrowVector): Column | null {
  switch (vector.type.typeId) {
    case NULL:
    case INT:
    case FLOAT:
      return new NumberColumn(shared(vector) ?? numbersOf(vector))
    case DATE:
    case TIMESTAMP:
      return new DateColumn(numbersOf(vector))
    case BOOL:
      return categoriesOf(textsOf(vector, String))
    case UTF8:
    case LARGE_UTF8:
    case UTF8_VIEW: {
      const texts = textsOf(vector, (value) => value as string)
      const there = texts.filter((text) => text !== null)
      return typeOfTexts(there) === 'text' ? new TextColumn(texts) : categoriesOf(texts)
    }
    case DICTIONARY:
      return dictionaryOf(vector)
    default:
      return null
  }
}

/** The memory of the numbers themselves, where that is what a column holds. */
function shared({ length, data, type }: ArrowVector): Float64Array | null {
  const [only, ...more] = data
  if (only === undefined || more.length > 0 || only.nullCount > 0) return null
  if (type.toString() !== 'Float64') return null
  return (only.values as Float64Array).subarray(0, length)
}

function numbersOf(vector: ArrowVector): Float64Array {
  const numbers = new Float64Array(vector.length)
  for (let row = 0; row < numbers.length; row++) {
    const value = vector.get(row)
    numbers[row] = value === null ? NaN : Number(value)
  }
  return numbers
}

function textsOf(vector: ArrowVector, read: (value: unknown) => string): (string | null)[] {
  return Array.from({ length: vector.length }, (_, row) => {
    const value = vector.get(row)
    return value === null ? null : read(value)
  })
}

/** Its numbers, over the texts of all pieces. */
function dictionaryOf({ length, data }: ArrowVector): Column | null {
  const known = new Map<string, number>()
  const codes = new Int32Array(length).fill(-1)
  let row = 0
  for (const piece of data) {
    const texts = piece.dictionary
    if (texts === undefined) return null
    const numbers = new Int32Array(texts.length)
    for (let i = 0; i < numbers.length; i++) {
      const text = texts.get(i)
      if (text !== null && typeof text !== 'string') return null
      if (text !== null && !known.has(text)) known.set(text, known.size)
      numbers[i] = text === null ? -1 : known.get(text)!
    }
    const values = piece.values as ArrayLike<number | bigint>
    for (let i = 0; i < piece.length; i++, row++)
      if (piece.getValid(i)) codes[row] = numbers[Number(values[i])]!
  }
  return new CategoryColumn(codes, [...known.keys()])
}
