import {
  CategoryColumn,
  type Column,
  type ColumnType,
  DateColumn,
  NumberColumn,
  TextColumn,
} from '../table/column.js'

/** How the values of a column are read; what does not fit is NaN, or null where texts are read. */
export type Reading =
  | { readonly type: 'number' | 'date'; readonly read: (value: unknown) => number }
  | {
      readonly type: 'category' | 'text'
      readonly read: (value: unknown) => string | null
      /** Whether it stays of this type however many different texts come. */
      readonly asked: boolean
    }

/** Which values stand for none. */
export interface Gaps {
  readonly isGap: (value: unknown) => boolean
  /** Whether a value may be a gap although it can be read. */
  readonly first: boolean
}

/** A column that grows by a cell at a time. */
export interface Builder {
  readonly type: ColumnType
  /** @returns whether the value fits. */
  add(value: unknown): boolean
  finish(): Column
}

/** Cells of a block: what grows is never copied. */
const BLOCK = 16_384

/** Different texts above which they are no classes. */
const MOST_CATEGORIES = 65_536

export function builderOf(reading: Reading, gaps: Gaps): Builder {
  return 'asked' in reading ? new Texts(reading, gaps) : new Numbers(reading, gaps)
}

class Numbers implements Builder {
  readonly type: 'number' | 'date'
  readonly #read: (value: unknown) => number
  readonly #gaps: Gaps
  readonly #full: Float64Array[] = []
  #block = new Float64Array(BLOCK)
  #used = 0

  constructor({ type, read }: Extract<Reading, { type: 'number' | 'date' }>, gaps: Gaps) {
    this.type = type
    this.#read = read
    this.#gaps = gaps
  }

  add(value: unknown): boolean {
    const { isGap, first } = this.#gaps
    let number = first && isGap(value) ? NaN : this.#read(value)
    if (number - number !== 0) {
      // NaN or infinite
      if (!isGap(value)) return false
      number = NaN
    }
    if (this.#used === BLOCK) {
      this.#full.push(this.#block)
      this.#block = new Float64Array(BLOCK)
      this.#used = 0
    }
    this.#block[this.#used++] = number
    return true
  }

  finish(): Column {
    const values = new Float64Array(this.#full.length * BLOCK + this.#used)
    this.#full.forEach((block, i) => {
      values.set(block, i * BLOCK)
    })
    values.set(this.#block.subarray(0, this.#used), this.#full.length * BLOCK)
    return this.type === 'number' ? new NumberColumn(values) : new DateColumn(values)
  }
}

class Texts implements Builder {
  readonly #read: (value: unknown) => string | null
  readonly #gaps: Gaps
  readonly #asked: boolean
  /** Null once there are too many. */
  #known: Map<string, number> | null
  /** Numbers of categories, or the texts themselves. */
  #cells: (number | string | null)[] = []

  constructor({ type, read, asked }: Extract<Reading, { asked: boolean }>, gaps: Gaps) {
    this.#read = read
    this.#gaps = gaps
    this.#asked = asked
    this.#known = type === 'category' ? new Map() : null
  }

  get type(): 'category' | 'text' {
    return this.#known === null ? 'text' : 'category'
  }

  add(value: unknown): boolean {
    const known = this.#known
    const text = this.#read(value)
    const code = text === null ? undefined : known?.get(text)
    if (code !== undefined) {
      this.#cells.push(code)
      return true
    }
    if (this.#gaps.isGap(value)) {
      this.#cells.push(known === null ? null : -1)
      return true
    }
    if (text === null) return false
    if (known === null) {
      this.#cells.push(text)
      return true
    }
    this.#cells.push(known.size)
    known.set(text, known.size)
    if (known.size > MOST_CATEGORIES && !this.#asked) this.#giveUpCategories(known)
    return true
  }

  finish(): Column {
    if (this.#known === null) return new TextColumn(this.#cells as (string | null)[])
    return new CategoryColumn(Int32Array.from(this.#cells as number[]), [...this.#known.keys()])
  }

  #giveUpCategories(known: ReadonlyMap<string, number>): void {
    const texts = [...known.keys()]
    this.#cells = (this.#cells as number[]).map((code) => texts[code] ?? null)
    this.#known = null
  }
}
