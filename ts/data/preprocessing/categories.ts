import type { Option } from '../../options.js'
import { checkInputs, checkSome } from './check-inputs.js'
import type { Fitted, Fitting } from './fitted.js'
import type { StateReader } from './state.js'
import { done } from './steps.js'
import { asCategories, type Cells, type Input } from './cells.js'
import { countCodes } from './statistic.js'

/** Counts the categories of a feature, block by block. @internal */
export class CategoryCounts {
  readonly counts = new Map<string, number>()
  gaps = 0

  add(cells: Cells): void {
    const { codes, categories } = asCategories(cells)
    countCodes(codes, categories.length).forEach((count, code) => {
      const category = categories[code]!
      if (count > 0) this.counts.set(category, (this.counts.get(category) ?? 0) + count)
    })
    for (const code of codes) if (code === -1) this.gaps += 1
  }

  /** Numbers in their order, texts in that of their code units. */
  sorted(numeric: boolean): string[] {
    const categories = [...this.counts.keys()]
    return numeric ? categories.sort((a, b) => Number(a) - Number(b)) : categories.sort()
  }
}

/** Numbers of texts, by a list. @internal */
export class Places {
  readonly #places: ReadonlyMap<string, number>
  /** By the list of categories, which the parts of a column share. */
  readonly #known = new WeakMap<readonly string[], Int32Array>()

  constructor(categories: readonly string[]) {
    this.#places = new Map(categories.map((category, place) => [category, place]))
  }

  /** The place of each category of a list; -1 for those that are not known. */
  of(categories: readonly string[]): Int32Array {
    let places = this.#known.get(categories)
    if (places === undefined) {
      places = Int32Array.from(categories, (category) => this.#places.get(category) ?? -1)
      this.#known.set(categories, places)
    }
    return places
  }

  /** Categories that are not known, with the number of their rows. */
  unseen(cells: Cells): Map<string, number> {
    const { codes, categories } = asCategories(cells)
    const places = this.of(categories)
    const found = new Map<string, number>()
    if (!places.includes(-1)) return found
    countCodes(codes, categories.length).forEach((rows, code) => {
      if (rows > 0 && places[code] === -1) found.set(categories[code]!, rows)
    })
    return found
  }
}

/** @internal */
export type Categories = readonly string[]

/** Different texts, in an order. @internal */
export const categoriesOption: Option<Categories | undefined> = {
  initial: undefined,
  expected: 'a list of different texts',
  accepts: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    Array.from(value as unknown[]).every((text) => typeof text === 'string') &&
    new Set(value).size === value.length,
}

/** Learns the categories of each feature, or takes those that are given. @internal */
export function fittingCategories<F extends Fitted>(
  who: string,
  inputs: readonly Input[],
  given: Categories | undefined,
  fitted: (categories: readonly Categories[]) => F,
): Fitting<F> {
  const counting = countingCategories(who, inputs, (found) => {
    const sorted = inputs.map(({ type }, i) => given ?? found[i]!.sorted(type === 'number'))
    sorted.forEach(({ length }, i) => {
      checkSome(who, inputs[i]!, length)
    })
    return fitted(sorted)
  })
  return given === undefined ? counting : { ...counting, observe: () => undefined }
}

/** Counts the categories of each feature. @internal */
export function countingCategories<F extends Fitted>(
  who: string,
  inputs: readonly Input[],
  fitted: (found: readonly CategoryCounts[]) => F,
): Fitting<F> {
  checkInputs(who, inputs, ['category', 'text', 'number'])
  const found = inputs.map(() => new CategoryCounts())
  return {
    observe: (cells) => {
      cells.forEach((some, i) => {
        found[i]!.add(some)
      })
    },
    finish: () => done(fitted(found)),
  }
}

/** Categories by their places in a list, as cells of a type; -1 is a gap. @internal */
export function cellsOfPlaces(
  type: Input['type'],
  places: Int32Array,
  categories: readonly string[],
): Cells {
  if (type === 'category') return { type, codes: places, categories }
  const texts = Array.from(places, (place) => categories[place] ?? null)
  if (type === 'text') return { type, values: texts }
  const numbers = Float64Array.from(texts, (text) => (text === null ? NaN : Number(text)))
  return { type: 'number', values: numbers }
}

/** @throws ValueError @internal */
export function restoredCategories(reader: StateReader, inputs: readonly Input[]): string[][] {
  const lists = reader.list('categories', inputs.length)
  return lists.map((list) => reader.texts('categories', list))
}
