import { complaint, ValueError } from '../../errors.js'
import { show } from '../../show.js'
import { cellsOfPlaces, Places } from './categories.js'
import { asCategories, type Cells, type Input, type NumberCells } from './cells.js'
import type { Fitted } from './fitted.js'
import type { TransformerState } from './state.js'

/** What stands for categories that are not among those of the fit, and for gaps. @internal */
export interface Elsewhere {
  /** undefined: an error. */
  readonly unknown: number | undefined
  readonly missing: number
  /** Of the first category. */
  readonly first: number
}

/** Each category as its number. @internal */
export class Ordinal implements Fitted {
  readonly #places: readonly Places[]

  constructor(
    readonly who: string,
    readonly inputs: readonly Input[],
    readonly categories: readonly (readonly string[])[],
    readonly elsewhere: Elsewhere,
  ) {
    this.#places = categories.map((some) => new Places(some))
  }

  outputs(inputs: readonly Input[]): Input[] {
    return inputs.map(({ name }) => ({ name, type: 'number' }))
  }

  apply(cells: readonly Cells[], row: number): NumberCells[] {
    return cells.map((some, i) => ({ type: 'number', values: this.#numbers(some, i, row) }))
  }

  #numbers(cells: Cells, feature: number, first: number): Float64Array {
    const { unknown, missing, first: offset } = this.elsewhere
    const { codes, categories } = asCategories(cells)
    const places = this.#places[feature]!.of(categories)
    return Float64Array.from(codes, (code, row) => {
      if (code === -1) return missing
      const place = places[code]!
      if (place >= 0) return place + offset
      if (unknown !== undefined) return unknown
      const what = `row ${first + row} of ${this.inputs[feature]!.name}`
      throw new ValueError(
        complaint(this.who, what, 'a category of the fit', show(categories[code])),
      )
    })
  }

  write(
    cells: readonly Cells[],
    row: number,
    out: Float32Array | Float64Array,
    width: number,
    offset: number,
  ): void {
    this.apply(cells, row).forEach(({ values }, feature) => {
      for (let i = 0, at = offset + feature; i < values.length; i++, at += width)
        out[at] = values[i]!
    })
  }

  unseen(cells: Cells): Map<string, number> {
    return this.#places[0]!.unseen(cells)
  }

  /** The nearest category; a gap for what is none. */
  inverse(cells: readonly Cells[]): Cells[] {
    return cells.map((some, i) => {
      const { type } = this.inputs[i]!
      const categories = this.categories[i]!
      const codes = Int32Array.from((some as NumberCells).values, (number) => {
        const code = Math.round(number - this.elsewhere.first)
        return code >= 0 && code < categories.length ? code : -1
      })
      return cellsOfPlaces(type, codes, categories)
    })
  }

  state(): TransformerState {
    return { categories: this.categories.map((some) => [...some]) }
  }
}
