import type { ColumnType } from '../table/column.js'

/** What a column holds, without its methods: the parts of one are cut and made unchecked. @internal */
export type Cells =
  | { readonly type: 'number' | 'date'; readonly values: Float64Array }
  | {
      readonly type: 'category'
      readonly codes: Int32Array
      readonly categories: readonly string[]
    }
  | { readonly type: 'text'; readonly values: readonly (string | null)[] }

/** @internal */
export type NumberCells = Extract<Cells, { values: Float64Array }>

/** A feature as it goes into a transformer: messages and outputs are named after it. @internal */
export interface Input {
  readonly name: string
  readonly type: ColumnType
}

/** Rows that are worked on at once: some 10 microseconds, and what they make stays in the cache. */
const BLOCK = 4096

/** @internal */
export function rowsOf(cells: readonly Cells[]): number {
  const first = cells[0]
  if (first === undefined) return 0
  return first.type === 'category' ? first.codes.length : first.values.length
}

/** Rows from `start` up to `end`, numbers and codes without a copy. @internal */
export function cut(cells: Cells, start: number, end: number): Cells {
  switch (cells.type) {
    case 'category':
      return { ...cells, codes: cells.codes.subarray(start, end), categories: cells.categories }
    case 'text':
      return { type: 'text', values: cells.values.slice(start, end) }
    default:
      return { type: cells.type, values: cells.values.subarray(start, end) }
  }
}

/** Rows in blocks, from the first to the last, each with the number of its first row. @internal */
export function* blocksOf(cells: readonly Cells[]): Generator<[Cells[], number]> {
  const rows = rowsOf(cells)
  for (let start = 0; start < rows; start += BLOCK) {
    const end = Math.min(start + BLOCK, rows)
    yield [cells.map((some) => cut(some, start, end)), start]
  }
}

/** Texts or numbers as categories, numbered as they occur. @internal */
export function asCategories(cells: Cells): Extract<Cells, { type: 'category' }> {
  if (cells.type === 'category') return cells
  const numbers = new Map<string | number, number>()
  const { values } = cells
  const codes = new Int32Array(values.length)
  for (let row = 0; row < codes.length; row++) {
    const value = values[row] ?? null
    if (value === null || Number.isNaN(value)) codes[row] = -1
    else {
      const known = numbers.get(value)
      if (known === undefined) numbers.set(value, numbers.size)
      codes[row] = known ?? numbers.size - 1
    }
  }
  return { type: 'category', codes, categories: Array.from(numbers.keys(), String) }
}
