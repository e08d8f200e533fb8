import { complaint } from '../../errors.js'
import { show } from '../../show.js'
import { EXPECTED } from '../table/column-from.js'
import { type Column, type ColumnType, NumberColumn } from '../table/column.js'
import { Table, unknownColumn } from '../table/table.js'
import { type Builder, builderOf, type Gaps, type Reading } from './builder.js'
import type { Finding } from './infer.js'
import type { Turns } from './turns.js'

/** How the columns of one source are read. */
export interface Plan {
  readonly gaps: Gaps
  /** Rows of which a column's type is found. */
  readonly sample: number
  /** Types that the caller says. */
  readonly types: ReadonlyMap<string, ColumnType>
  /** How values are read, none of them a gap. */
  readonly find: (values: readonly unknown[]) => Finding
  readonly as: (type: ColumnType, values: readonly unknown[]) => Reading
  /** For messages. */
  readonly who: string
  /** Where a value stands, as messages say it. */
  readonly where: (row: number, column: string) => string
  /** What is thrown for a value that does not fit. */
  readonly error: new (message: string) => Error
  /** How to pass over a value that does not fit. */
  readonly fix: (value: unknown) => string
}

/** A column whose type is found from its first values, which wait for that. */
class Growing {
  readonly #name: string
  readonly #plan: Plan
  /** Rows before those that wait: gaps of a column without a value so far, or cells of the builder. */
  #before: number
  #waiting: unknown[] | null = []
  #builder: Builder | null = null

  constructor(name: string, plan: Plan, gaps: number) {
    this.#name = name
    this.#plan = plan
    this.#before = gaps
  }

  /** Rows so far. */
  get length(): number {
    return this.#before + (this.#waiting?.length ?? 0)
  }

  get due(): boolean {
    return this.#waiting !== null && this.#waiting.length >= this.#plan.sample
  }

  add(value: unknown): void {
    if (this.#waiting !== null) this.#waiting.push(value)
    else this.#build(value)
  }

  /** @returns what is to be told. */
  settle(): string | undefined {
    const waiting = this.#waiting
    if (waiting === null) return undefined
    const { gaps, types, find, as } = this.#plan
    const first = waiting.findIndex((value) => !gaps.isGap(value))
    if (first < 0) {
      this.#before += waiting.length
      this.#waiting = []
      return undefined
    }
    const some = waiting.slice(first, first + this.#plan.sample)
    const present = some.filter((value) => !gaps.isGap(value))
    const asked = types.get(this.#name)
    const { reading, note } =
      asked === undefined ? find(present) : { reading: as(asked, present), note: undefined }
    this.#builder = builderOf(reading, gaps)
    this.#waiting = null
    const before = this.#before
    this.#before = 0
    for (let row = 0; row < before; row++) this.#build(null)
    for (const value of waiting) this.#build(value)
    return note === undefined ? undefined : `${this.#name}: ${note}`
  }

  /** After `settle`. */
  finish(): Column {
    if (this.#builder !== null) return this.#builder.finish()
    const asked = this.#plan.types.get(this.#name)
    const gaps = { isGap: () => true, first: true }
    if (asked === undefined) return new NumberColumn(new Float64Array(this.#before).fill(NaN))
    const builder = builderOf(this.#plan.as(asked, []), gaps)
    for (let row = 0; row < this.#before; row++) builder.add(null)
    return builder.finish()
  }

  #build(value: unknown): void {
    const builder = this.#builder!
    if (builder.add(value)) {
      this.#before++
      return
    }
    const { who, where, types, fix, error } = this.#plan
    const { type } = builder
    const infinite = type === 'number' && isInfinite(value)
    const expected = infinite ? 'a finite number' : EXPECTED[type]
    const found = types.has(this.#name) ? '' : ', as the rows before'
    const what = where(this.#before, this.#name)
    throw new error(complaint(who, what, `${expected}${found}`, show(value), fix(value)))
  }
}

function isInfinite(value: unknown): boolean {
  return Math.abs(Number(value)) === Infinity || /^[+-]?inf(inity)?$/i.test(String(value))
}

/** The columns of what is read row by row. */
export class GrowingTable {
  readonly #plan: Plan
  readonly #columns = new Map<string, Growing>()
  readonly #notes: string[]
  #length = 0

  /** @param notes What is to be told beside what the columns tell. */
  constructor(plan: Plan, notes: readonly string[] = []) {
    this.#plan = plan
    this.#notes = [...notes]
  }

  /** Rows so far. */
  get length(): number {
    return this.#length
  }

  get width(): number {
    return this.#columns.size
  }

  /** The column of a name, made where there is none. */
  column(name: string): Growing {
    let column = this.#columns.get(name)
    if (column === undefined)
      this.#columns.set(name, (column = new Growing(name, this.#plan, this.#length)))
    return column
  }

  has(name: string): boolean {
    return this.#columns.has(name)
  }

  /** Ends a row, of whose columns some have no value. */
  endRow(whole: boolean): void {
    this.#length++
    if (whole) return
    for (const column of this.#columns.values()) if (column.length < this.#length) column.add(null)
  }

  /** Whether types are to be found. */
  get due(): boolean {
    for (const column of this.#columns.values()) if (column.due) return true
    return false
  }

  /** Finds the types of the columns that have no type yet. */
  async settle(turns: Turns): Promise<void> {
    for (const column of this.#columns.values()) {
      const note = column.settle()
      if (note !== undefined) this.#notes.push(note)
      if (turns.due) await turns.turn()
    }
  }

  async finish(turns: Turns): Promise<Table> {
    await this.settle(turns)
    for (const name of this.#plan.types.keys()) {
      if (!this.has(name)) throw unknownColumn(this.#plan.who, name, [...this.#columns.keys()])
    }
    const columns = new Map<string, Column>()
    for (const [name, column] of this.#columns) {
      columns.set(name, column.finish())
      if (turns.due) await turns.turn()
    }
    return new Table(columns, { notes: this.#notes })
  }
}
