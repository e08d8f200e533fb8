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
import { momentOf } from './dates.js'

/** Texts of this many words on average are running text, not names of classes. */
const WORDS_OF_TEXT = 4

/** Texts of which so many are different, and more than half of all, are no classes either: names, say. */
const NAMES = 100

/** How many values tell of which type a column is. */
const SAMPLE = 2000

/** What a type is made of, as messages say it. @internal */
export const EXPECTED: Readonly<Record<ColumnType, string>> = {
  number: 'a number',
  date: 'a date',
  category: 'a text',
  text: 'a text',
}

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
  const wrong = (row: number): ValueError =>
    new ValueError(complaint(who, `row ${row} of ${what}`, EXPECTED[type], show(values[row])))
  if (type === 'number' || type === 'date') {
    const read = type === 'number' ? numberFrom : momentFrom
    const numbers = new Float64Array(values.length)
    for (let row = 0; row < numbers.length; row++) {
      const number = read(values[row])
      if (number === undefined) throw wrong(row)
      numbers[row] = number
    }
    return type === 'number' ? new NumberColumn(numbers) : new DateColumn(numbers)
  }
  const texts: (string | null)[] = []
  for (let row = 0; row < values.length; row++) {
    const text = textFrom(values[row])
    if (text === undefined) throw wrong(row)
    texts.push(text)
  }
  return type === 'text' ? new TextColumn(texts) : categoriesOf(texts)
}

/** Categories in the order in which they first occur. @internal */
export function categoriesOf(texts: readonly (string | null)[]): CategoryColumn {
  const numbers = new Map<string, number>()
  const codes = new Int32Array(texts.length)
  for (let row = 0; row < codes.length; row++) {
    const text = texts[row] ?? null
    codes[row] = -1
    if (text === null) continue
    let code = numbers.get(text)
    if (code === undefined) numbers.set(text, (code = numbers.size))
    codes[row] = code
  }
  return new CategoryColumn(codes, [...numbers.keys()])
}

/** Of which type texts are that are neither numbers nor dates: sentences and names are text. @internal */
export function typeOfTexts(texts: readonly string[]): 'category' | 'text' {
  const some = texts.slice(0, SAMPLE)
  if (some.length === 0) return 'category'
  const words = some.reduce((sum, text) => sum + text.split(/\s+/, 20).length, 0)
  if (words / some.length >= WORDS_OF_TEXT) return 'text'
  const different = new Set(some).size
  return different > NAMES && different > some.length / 2 ? 'text' : 'category'
}

/** By the first value that is there; texts by more of them. @internal */
export function typeOf(values: ArrayLike<unknown>): ColumnType {
  for (let row = 0; row < values.length; row++) {
    const value = values[row]
    if (isGap(value)) continue
    if (typeof value === 'number' || typeof value === 'bigint') return 'number'
    if (types.isDate(value)) return 'date'
    if (typeof value !== 'string') return 'category'
    const texts: string[] = []
    for (let at = row; at < values.length && texts.length < SAMPLE; at++) {
      const other = values[at]
      if (typeof other === 'string') texts.push(other)
    }
    return typeOfTexts(texts)
  }
  return 'number'
}

/** @internal */
export function isGap(value: unknown): boolean {
  return value === null || value === undefined || Number.isNaN(value)
}

/** The number that a value is, NaN for a gap; undefined for what is none. @internal */
export function numberFrom(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (isGap(value)) return NaN
  if (typeof value === 'boolean' || typeof value === 'bigint') return Number(value)
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const number = Number(value)
  return Number.isNaN(number) ? undefined : number
}

/** The moment that a value is, NaN for a gap; undefined for what is none. @internal */
export function momentFrom(value: unknown): number | undefined {
  if (isGap(value)) return NaN
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? undefined : value.getTime()
  if (typeof value === 'number') return Math.abs(value) <= 8.64e15 ? value : undefined
  const moment = typeof value === 'string' ? momentOf(value) : NaN
  return Number.isNaN(moment) ? undefined : moment
}

/** The text that a value is, null for a gap; undefined for what is none. @internal */
export function textFrom(value: unknown): string | null | undefined {
  if (typeof value === 'string') return value
  if (isGap(value)) return null
  const plain = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
  return plain ? String(value) : undefined
}
