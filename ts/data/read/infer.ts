import { show } from '../../show.js'
import { typeOfTexts } from '../table/column-from.js'
import type { ColumnType } from '../table/column.js'
import { type DateOrder, momentOf } from '../table/dates.js'
import type { Reading } from './builder.js'
import { booleanText, commaNumber, pointNumber, type ReadNumber } from './cells.js'

/** What the caller says of all columns. */
export interface Manner {
  readonly decimal: '.' | ',' | undefined
  readonly dates: DateOrder | undefined
}

/** How a column is read, and what is worth telling about that, to be put behind its name. */
export interface Finding {
  readonly reading: Reading
  readonly note?: string
}

const LEADING_ZERO = /^[+-]?0\d/
/** 1,234 is a thousand and some in English, 1.234 elsewhere. */
const THOUSANDS = /^[+-]?[1-9]\d{0,2}(,\d{3})+$/
const MARKS = /[\s'’,%€$£¥]|USD|EUR|GBP|kg|cm|km/g

const words = (asked: boolean, type: 'category' | 'text'): Reading => ({
  type,
  asked,
  read: (value) => value as string,
})
const numbers = (read: ReadNumber): Reading => ({
  type: 'number',
  read: (value) => read(value as string),
})
const moments = (order: DateOrder | undefined): Reading => ({
  type: 'date',
  read: (value) => momentOf(value as string, order),
})
const booleans: Reading = {
  type: 'category',
  asked: true,
  read: (value) => booleanText(value as string),
}

/** How texts are to be read that are of this type, because the caller says so. */
export function readingAs(type: ColumnType, texts: readonly string[], manner: Manner): Reading {
  if (type === 'number') return numbers(numberReader(texts, manner))
  if (type === 'date') return moments(manner.dates ?? orderOf(texts))
  return words(true, type)
}

function numberReader(texts: readonly string[], { decimal }: Manner): ReadNumber {
  if (decimal !== undefined) return decimal === ',' ? commaNumber : pointNumber
  return texts.every(isNumber(commaNumber)) && texts.some((text) => text.includes(','))
    ? commaNumber
    : pointNumber
}

function orderOf(texts: readonly string[]): DateOrder | undefined {
  const fitting = (['dmy', 'mdy'] as const).filter((order) => areDates(texts, order))
  return fitting.length === 1 ? fitting[0] : undefined
}

const areDates = (texts: readonly string[], order: DateOrder): boolean =>
  texts.every((text) => !Number.isNaN(momentOf(text, order)))

const isNumber = (read: ReadNumber) => (text: string) => !Number.isNaN(read(text))

/**
 * Of which type texts are, none of them a gap: numbers, 'true' and 'false', dates, classes, or running
 * text. What may be meant otherwise is read as the texts that it is, and told.
 */
export function find(texts: readonly string[], manner: Manner): Finding {
  const read = manner.decimal === ',' ? commaNumber : pointNumber
  const odd = texts.filter((text) => Number.isNaN(read(text)))
  if (odd.length === 0) return findNumbers(texts, read)
  if (texts.every((text) => booleanText(text) !== null)) return { reading: booleans }
  return (
    (manner.decimal === undefined ? findCommas(texts) : undefined) ??
    findDates(texts, manner) ??
    findWords(texts, odd)
  )
}

/** Of which type texts are that are no numbers, as the values of JSON: dates, classes, or running text. */
export function findTexts(texts: readonly string[], manner: Manner): Finding {
  return findDates(texts, manner) ?? findWords(texts, texts)
}

function asWords(texts: readonly string[], note?: string): Finding {
  return { reading: words(false, typeOfTexts(texts)), ...(note === undefined ? {} : { note }) }
}

function findNumbers(texts: readonly string[], read: ReadNumber): Finding {
  const zero = texts.find((text) => LEADING_ZERO.test(text))
  if (zero !== undefined) {
    const note = `${show(zero)} begins with a zero, so these digits are kept as texts; types: 'number' reads numbers`
    return asWords(texts, note)
  }
  const large = texts.find((text) => Math.abs(read(text)) > Number.MAX_SAFE_INTEGER)
  if (large === undefined || !/^[+-]?\d+$/.test(large)) return { reading: numbers(read) }
  const note = `${show(large)} has more digits than a number of 64 bits holds; types: 'category' keeps them`
  return { reading: numbers(read), note }
}

function findCommas(texts: readonly string[]): Finding | undefined {
  if (!texts.every(isNumber(commaNumber))) return undefined
  const commas = texts.filter((text) => text.includes(','))
  if (commas.every((text) => THOUSANDS.test(text))) {
    const note = `${show(commas[0])} may be a fraction or thousands, so these are kept as texts; decimal: ',' reads fractions`
    return asWords(texts, note)
  }
  return { reading: numbers(commaNumber), note: `numbers with a decimal comma, ${show(commas[0])}` }
}

function findDates(texts: readonly string[], manner: Manner): Finding | undefined {
  const orders = (['dmy', 'mdy'] as const).filter(
    (order) => (manner.dates ?? order) === order && areDates(texts, order),
  )
  const [order] = orders
  if (order === undefined) return undefined
  const unclear =
    orders.length === 2 && texts.find((text) => momentOf(text, 'dmy') !== momentOf(text, 'mdy'))
  if (typeof unclear !== 'string') return { reading: moments(order) }
  const note = `${show(unclear)} may be day or month first, so these dates are kept as texts; dates: 'dmy' or 'mdy' reads them`
  return asWords(texts, note)
}

function findWords(texts: readonly string[], odd: readonly string[]): Finding {
  if (odd.length < texts.length / 2) {
    const count = `${odd.length} of ${texts.length} cells are no numbers`
    const note = `${count}, the first is ${show(odd[0])}, so all are kept as texts; missing: [${show(odd[0])}] makes gaps of those`
    return asWords(texts, note)
  }
  const some = texts.slice(0, 200)
  const marked = some.filter((text) => isNumber(pointNumber)(text.replace(MARKS, '')))
  if (marked.length > some.length / 2) {
    const note = `${show(marked[0])} looks like a number with marks, which is kept as a text`
    return asWords(texts, note)
  }
  const dates = some.filter((text) => !Number.isNaN(momentOf(text, 'dmy')))
  if (dates.length <= some.length / 2) return asWords(texts)
  const other = texts.find((text) => Number.isNaN(momentOf(text, 'dmy')))
  const note = `most are dates, but not ${show(other)}, so all are kept as texts; missing: [${show(other)}] makes a gap of it`
  return asWords(texts, note)
}
