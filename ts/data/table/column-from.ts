import { types } from 'node:util'

import { complaint, ValueError } from '../../errors.js'
import { show } from '../../show.js'
import {
  CategoryColumn,
  type Column,
  type ColumnType,
  DateColumn,
  NumberColumn,
  TextColumn,
} from './column.js'

/** Texts of this many words on average are running text, not names of classes. */
const WORDS_OF_TEXT = 4

/**
 * The column of some values, of the type they have: numbers (and bigints), booleans (the categories
 * 'false' and 'true'), dates, texts. null, undefined and NaN are gaps; nothing but gaps is a column of
 * numbers. With a type, texts are read as numbers or dates where that is the type.
 *
 * @param what The column, for messages.
 * @throws ValueError when a value is of none of these kinds or not of the others' kind, naming its row
 *   (the first is row 0).
 * @internal
 */
export function columnFrom(
  who: string,
  what: string,
  values: ArrayLike<unknown>,
  type: ColumnType = typeOf(values),
): Column {
  const wrong = (row: number, expected: string): ValueError =>
    new ValueError(complaint(who, `row ${row} of ${what}`, expected, show(values[row])))
  if (type === 'number') {
    const numbers = new Float64Array(values.length)
    for (let row = 0; row < numbers.length; row++) {
      const number = numberOf(values[row])
      if (number === undefined) throw wrong(row, 'a number')
      numbers[row] = number
    }
    return new NumberColumn(numbers)
  }
  if (type === 'date') {
    const moments = new Float64Array(values.length)
    for (let row = 0; row < moments.length; row++) {
      const moment = momentOf(values[row])
      if (moment === undefined) throw wrong(row, 'a date')
      moments[row] = moment
    }
    return new DateColumn(moments)
  }
  const texts = new Array<string | null>(values.length)
  for (let row = 0; row < texts.length; row++) {
    const text = textOf(values[row])
    if (text === undefined) throw wrong(row, 'a text')
    texts[row] = text
  }
  return type === 'text' ? new TextColumn(texts) : categoriesOf(texts)
}

/** Categories in the order in which they first occur. @internal */
export function categoriesOf(texts: readonly (string | null)[]): CategoryColumn {
  const numbers = new Map<string, number>()
  const codes = Int32Array.from(texts, (text) => {
    if (text === null) return -1
    const known = numbers.get(text)
    if (known !== undefined) return known
    numbers.set(text, numbers.size)
    return numbers.size - 1
  })
  return new CategoryColumn(codes, [...numbers.keys()])
}

/** Whether texts are sentences rather than names. @internal */
export function isRunningText(texts: Iterable<string>): boolean {
  let words = 0
  let count = 0
  for (const text of texts) {
    words += text.split(/\s+/, 20).length
    if (++count === 1000) break
  }
  return count > 0 && words / count >= WORDS_OF_TEXT
}

/** By the first value that is there; texts by more of them. */
function typeOf(values: ArrayLike<unknown>): ColumnType {
  for (let row = 0; row < values.length; row++) {
    const value = values[row]
    if (isGap(value)) continue
    if (typeof value === 'number' || typeof value === 'bigint') return 'number'
    if (types.isDate(value)) return 'date'
    if (typeof value !== 'string') return 'category'
    const sample = Array.from({ length: Math.min(values.length, 2000) }, (_, i) => values[i])
    const texts = sample.filter((item) => typeof item === 'string')
    return isRunningText(texts) ? 'text' : 'category'
  }
  return 'number'
}

function isGap(value: unknown): boolean {
  return value === null || value === undefined || Number.isNaN(value)
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (isGap(value)) return NaN
  if (typeof value === 'boolean' || typeof value === 'bigint') return Number(value)
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const number = Number(value)
  return Number.isNaN(number) ? undefined : number
}

function momentOf(value: unknown): number | undefined {
  if (isGap(value)) return NaN
  const given = typeof value === 'string' || typeof value === 'number' || types.isDate(value)
  const moment = given ? new Date(value).getTime() : NaN
  return Number.isNaN(moment) ? undefined : moment
}

function textOf(value: unknown): string | null | undefined {
  if (isGap(value)) return null
  if (typeof value === 'string') return value
  const plain = ['number', 'bigint', 'boolean'].includes(typeof value)
  return plain ? String(value) : undefined
}
