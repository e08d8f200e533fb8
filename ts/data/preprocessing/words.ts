import { ByWriting } from './by-writing.js'
import type { Cells } from './cells.js'
import { type Analyzer, textsOf } from './tokens.js'

/** @internal */
export type Norm = 'l1' | 'l2' | null

/** Place of a term in a row, and what each occurrence adds to it; null for a term that has none. @internal */
export type Place = { readonly at: number; readonly add: number } | null

/** A row of numbers for a text, from the places of its terms. @internal */
export abstract class Words extends ByWriting {
  protected abstract readonly analyzer: Analyzer
  protected abstract readonly norm: Norm
  /** Numbers of a text. */
  abstract widthOf(feature: number): number
  protected abstract placeOf(term: string, feature: number): Place

  /** What a sum of occurrences becomes. */
  protected weighted(sum: number, _at: number, _feature: number): number {
    return sum
  }

  override write(
    cells: readonly Cells[],
    _row: number,
    out: Float32Array | Float64Array,
    width: number,
    offset: number,
  ): void {
    let start = offset
    cells.forEach((some, feature) => {
      textsOf(some).forEach((text, row) => {
        if (text !== null) this.#writeText(text, feature, out, row * width + start)
      })
      start += this.widthOf(feature)
    })
  }

  #writeText(text: string, feature: number, out: Float32Array | Float64Array, start: number): void {
    const sums = new Map<number, number>()
    for (const term of this.analyzer(text)) {
      const place = this.placeOf(term, feature)
      if (place !== null) sums.set(place.at, (sums.get(place.at) ?? 0) + place.add)
    }
    for (const [at, sum] of sums) sums.set(at, this.weighted(sum, at, feature))
    const length = lengthOf(sums.values(), this.norm)
    for (const [at, value] of sums) out[start + at] = value / length
  }
}

function lengthOf(values: Iterable<number>, norm: Norm): number {
  if (norm === null) return 1
  let sum = 0
  for (const value of values) sum += norm === 'l2' ? value * value : Math.abs(value)
  return (norm === 'l2' ? Math.sqrt(sum) : sum) || 1
}
