import { types } from 'node:util'

import { checkArguments, checkList, checkNumber } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'

/** Numbers, one of few texts, moments, or running text. */
export type ColumnType = 'number' | 'category' | 'date' | 'text'

/** What a cell holds when it is read; null is a gap. */
export type Cell = number | string | Date | null

interface ColumnMethods<V> {
  /** Number of cells. */
  readonly length: number
  /** The value of a cell; null is a gap, and what is past the end. */
  get(index: number): V | null
  /** Whether a cell has no value. */
  isGap(index: number): boolean
}

/** What numbers in 64 bits stand for. A gap is NaN. */
abstract class Numbers<V> implements ColumnMethods<V> {
  /** @throws ValueError unless they are a Float64Array. */
  constructor(readonly values: Float64Array) {
    const { name } = new.target
    checkArguments(name, 1, arguments)
    if (!types.isFloat64Array(values)) throw notThis(name, 'the values', 'a Float64Array', values)
  }

  get length(): number {
    return this.values.length
  }

  abstract get(index: number): V | null

  isGap(index: number): boolean {
    checkNumber('Column', 'the index', index)
    return Number.isNaN(this.values[index] ?? NaN)
  }
}

/** Numbers in 64 bits. A gap is NaN. */
export class NumberColumn extends Numbers<number> {
  readonly type = 'number'

  get(index: number): number | null {
    return this.isGap(index) ? null : this.values[index]!
  }
}

/** Moments in milliseconds since 1970 in UTC, as `Date` counts them. A gap is NaN. */
export class DateColumn extends Numbers<Date> {
  readonly type = 'date'

  get(index: number): Date | null {
    return this.isGap(index) ? null : new Date(this.values[index]!)
  }
}

/** Texts of which there are few: each cell is the number of its text in `categories`. A gap is -1. */
export class CategoryColumn implements ColumnMethods<string> {
  readonly type = 'category'

  /** @throws ValueError unless they are an Int32Array and different texts, with a text for each code. */
  constructor(
    readonly codes: Int32Array,
    /** No text is there twice. Some may not occur, as in a part of a table. */
    readonly categories: readonly string[],
  ) {
    const who = 'CategoryColumn'
    checkArguments(who, 2, arguments)
    if (!types.isInt32Array(codes)) throw notThis(who, 'the codes', 'an Int32Array', codes)
    checkList(who, 'the categories', categories)
    const texts = new Set(categories).size === categories.length
    if (!texts || categories.some((text: unknown) => typeof text !== 'string'))
      throw notThis(who, 'the categories', 'different texts', categories)
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row]!
      if (code >= -1 && code < categories.length) continue
      throw notThis(who, `code ${row}`, `within -1 to ${categories.length - 1}`, code)
    }
  }

  get length(): number {
    return this.codes.length
  }

  get(index: number): string | null {
    return this.isGap(index) ? null : this.categories[this.codes[index]!]!
  }

  isGap(index: number): boolean {
    checkNumber('Column', 'the index', index)
    return (this.codes[index] ?? -1) === -1
  }
}

/** Texts, each its own. A gap is null. */
export class TextColumn implements ColumnMethods<string> {
  readonly type = 'text'

  /** @throws ValueError unless they are texts and nulls. */
  constructor(readonly values: readonly (string | null)[]) {
    checkArguments('TextColumn', 1, arguments)
    checkList('TextColumn', 'the values', values)
    for (let row = 0; row < values.length; row++) {
      const text: unknown = values[row]
      if (typeof text === 'string' || text === null) continue
      throw notThis('TextColumn', `value ${row}`, 'a text or null', text)
    }
  }

  get length(): number {
    return this.values.length
  }

  get(index: number): string | null {
    return this.isGap(index) ? null : (this.values[index] ?? null)
  }

  isGap(index: number): boolean {
    checkNumber('Column', 'the index', index)
    return (this.values[index] ?? null) === null
  }
}

/** The cells of one kind of value, one a row; `type` tells which class it is. */
export type Column = NumberColumn | CategoryColumn | DateColumn | TextColumn

function notThis(who: string, what: string, expected: string, got: unknown): ValueError {
  return new ValueError(complaint(who, what, expected, got))
}

/** The cells at some places, which are there. @internal */
export function takeCells(column: Column, places: Int32Array): Column {
  switch (column.type) {
    case 'number':
      return new NumberColumn(numbersAt(column.values, places))
    case 'date':
      return new DateColumn(numbersAt(column.values, places))
    case 'category': {
      const codes = new Int32Array(places.length)
      for (let i = 0; i < codes.length; i++) codes[i] = column.codes[places[i]!]!
      return new CategoryColumn(codes, column.categories)
    }
    case 'text':
      return new TextColumn(Array.from(places, (place) => column.values[place]!))
  }
}

function numbersAt(values: Float64Array, places: Int32Array): Float64Array {
  const taken = new Float64Array(places.length)
  for (let i = 0; i < taken.length; i++) taken[i] = values[places[i]!]!
  return taken
}

/** The cells from one place up to another, which count as in `Array.slice`. @internal */
export function sliceCells(column: Column, start?: number, end?: number): Column {
  switch (column.type) {
    case 'number':
      return new NumberColumn(column.values.slice(start, end))
    case 'date':
      return new DateColumn(column.values.slice(start, end))
    case 'category':
      return new CategoryColumn(column.codes.slice(start, end), column.categories)
    case 'text':
      return new TextColumn(column.values.slice(start, end))
  }
}

/** @internal */
export function isColumn(value: unknown): value is Column {
  return [NumberColumn, CategoryColumn, DateColumn, TextColumn].some(
    (kind) => value instanceof kind,
  )
}
