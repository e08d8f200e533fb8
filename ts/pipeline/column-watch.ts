import { stabilityOf } from '../data/population-stability.js'
import type { Column } from '../data/table/column.js'
import type { ColumnProfile } from './profile.js'

/** Categories with a bin of their own: with many rare ones the index would be high by chance. */
const MOST_CATEGORIES = 9

/** Bins of a column. The last one is for gaps. */
interface Bins {
  /** Of the training. */
  readonly shares: readonly number[]
  /** The bin of each cell. */
  of(column: Column): Iterable<number>
}

/** How the latest rows of a column are distributed beside those of the training. */
export class ColumnWatch {
  readonly #bins: Bins
  /** Bins of the latest rows, in a ring. */
  readonly #latest: Uint8Array
  readonly #counts: Float64Array
  readonly #every: number
  #seen = 0
  #stability: number | null = null

  private constructor(bins: Bins, latest: number) {
    this.#bins = bins
    this.#latest = new Uint8Array(latest)
    this.#counts = new Float64Array(bins.shares.length)
    this.#every = Math.ceil(latest / 50)
  }

  /** @param rows Of the training. @param latest Rows that are compared. */
  static of(profile: ColumnProfile, rows: number, latest: number): ColumnWatch | null {
    const bins = binsOf(profile, rows)
    return bins === null ? null : new ColumnWatch(bins, latest)
  }

  add(column: Column): void {
    const { length } = this.#latest
    const before = Math.floor(this.#seen / this.#every)
    for (const bin of this.#bins.of(column)) {
      const place = this.#seen % length
      if (this.#seen >= length) this.#counts[this.#latest[place]!]! -= 1
      this.#latest[place] = bin
      this.#counts[bin]! += 1
      this.#seen += 1
    }
    if (this.#seen < length || Math.floor(this.#seen / this.#every) === before) return
    const shares = this.#counts.map((count) => count / length)
    this.#stability = stabilityOf(this.#bins.shares, shares)
  }

  /**
   * The population stability index; null as long as there are too few rows. Computed whenever a fiftieth of
   * the rows that are compared is new.
   */
  get stability(): number | null {
    return this.#stability
  }
}

function binsOf(profile: ColumnProfile, rows: number): Bins | null {
  const gaps = profile.gaps / rows
  switch (profile.type) {
    case 'number':
    case 'date':
      return profile.bins === undefined ? null : numberBins(profile.bins, gaps)
    case 'category':
      return categoryBins(profile.categories.slice(0, MOST_CATEGORIES), rows, gaps)
    case 'text':
      return { shares: [1 - gaps, gaps], of: (column) => cells(column, () => 0, 1) }
  }
}

function numberBins(bins: readonly (readonly [number, number])[], gaps: number): Bins {
  const edges = bins.map(([upTo]) => upTo)
  const shares = bins.map(([, share]) => share)
  const above = Math.max(0, 1 - shares.reduce((sum, share) => sum + share, 0))
  const binOf = (value: number): number => {
    let bin = 0
    while (bin < edges.length && value > edges[bin]!) bin += 1
    return bin
  }
  return {
    shares: [...[...shares, above].map((share) => share * (1 - gaps)), gaps],
    of: (column) =>
      cells(
        column,
        (row) => binOf((column as { values: Float64Array }).values[row]!),
        edges.length + 1,
      ),
  }
}

function categoryBins(
  categories: readonly (readonly [category: string, rows: number])[],
  rows: number,
  gaps: number,
): Bins {
  const bins = new Map(categories.map(([category], bin) => [category, bin]))
  const shares = categories.map(([, count]) => count / rows)
  const others = Math.max(0, 1 - gaps - shares.reduce((sum, share) => sum + share, 0))
  return {
    shares: [...shares, others, gaps],
    of: (column) =>
      cells(column, (row) => bins.get(column.get(row) as string) ?? bins.size, bins.size + 1),
  }
}

function* cells(column: Column, binOf: (row: number) => number, gap: number): Generator<number> {
  for (let row = 0; row < column.length; row++) yield column.isGap(row) ? gap : binOf(row)
}
