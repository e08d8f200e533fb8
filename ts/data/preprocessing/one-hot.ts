import { complaint, ValueError } from '../../errors.js'
import { show } from '../../show.js'
import { cellsOfPlaces, Places } from './categories.js'
import { asCategories, type Cells, type Input, type NumberCells, rowsOf } from './cells.js'
import { ByWriting } from './by-writing.js'
import type { TransformerState } from './state.js'

/** @internal */
export type Unknown = 'ignore' | 'error' | 'infrequentIfExist'

/** The levels of a feature: its categories and, behind them, the gap. @internal */
export interface OneHotFeature {
  readonly categories: readonly string[]
  /** Whether the gap is a level. */
  readonly gap: boolean
  /** Levels that share the last column. */
  readonly infrequent: readonly number[]
}

/** Where the levels of a feature go. */
interface Layout extends OneHotFeature {
  readonly places: Places
  /** Column of each level; -1 for none. */
  readonly columns: Int32Array
  /** Column of what is not known; -1 for none. */
  readonly other: number
  readonly width: number
  /** What the columns stand for; the first level, where several share one. */
  readonly names: readonly string[]
  /** Level of each column, and of a row of zeros; -1 for a gap, -2 where nothing is known. */
  readonly levels: readonly number[]
  readonly zeros: number
}

/** @internal */
export class OneHot extends ByWriting {
  readonly #layouts: readonly Layout[]

  constructor(
    readonly inputs: readonly Input[],
    readonly features: readonly OneHotFeature[],
    readonly unknown: Unknown,
    drop: 'first' | 'ifBinary' | undefined,
  ) {
    super()
    this.#layouts = features.map((feature) => layoutOf(feature, unknown, drop))
  }

  override outputs(inputs: readonly Input[]): Input[] {
    return this.#layouts.flatMap(({ names }, i) =>
      names.map((name): Input => ({ name: `${inputs[i]!.name}_${name}`, type: 'number' })),
    )
  }

  override write(
    cells: readonly Cells[],
    row: number,
    out: Float32Array | Float64Array,
    width: number,
    offset: number,
  ): void {
    let start = offset
    cells.forEach((some, i) => {
      this.#write(some, i, row, out, width, start)
      start += this.#layouts[i]!.width
    })
  }

  #write(
    cells: Cells,
    feature: number,
    first: number,
    out: Float32Array | Float64Array,
    width: number,
    offset: number,
  ): void {
    const { places, columns, other, categories, gap } = this.#layouts[feature]!
    const { codes, categories: given } = asCategories(cells)
    const levels = places.of(given)
    const missing = gap ? categories.length : -1
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row]!
      const level = code === -1 ? missing : levels[code]!
      if (level === -1 && this.unknown === 'error') {
        const what = `row ${first + row} of ${this.inputs[feature]!.name}`
        const hint = "pass { handleUnknown: 'ignore' } to give it zeros"
        const got = code === -1 ? 'a gap' : show(given[code])
        throw new ValueError(complaint('OneHotEncoder', what, 'a category of the fit', got, hint))
      }
      const column = level === -1 ? other : columns[level]!
      if (column >= 0) out[row * width + offset + column] = 1
    }
  }

  unseen(cells: Cells): Map<string, number> {
    return this.#layouts[0]!.places.unseen(cells)
  }

  override inverse(cells: readonly Cells[]): Cells[] {
    let start = 0
    return this.#layouts.map((layout, i) => {
      const part = cells.slice(start, (start += layout.width)) as NumberCells[]
      return fromLevels(this.inputs[i]!.type, layout, levelsOf(layout, part, rowsOf(cells)))
    })
  }

  override state(): TransformerState {
    const features = this.features.map(({ categories, gap, infrequent }) => {
      return { categories: [...categories], gap, infrequent: [...infrequent] }
    })
    return { features }
  }
}

function layoutOf(
  feature: OneHotFeature,
  unknown: Unknown,
  drop: 'first' | 'ifBinary' | undefined,
): Layout {
  const { categories, gap, infrequent } = feature
  const rare = new Set(infrequent)
  const levels = Array.from({ length: categories.length + Number(gap) }, (_, level) => level)
  const frequent = levels.filter((level) => !rare.has(level))
  const shown = rare.size === 0 ? frequent : [...frequent, infrequent[0]!]
  const dropped = drop === 'first' || (drop === 'ifBinary' && shown.length === 2)
  const kept = dropped ? shown.slice(1) : shown
  const column = (level: number): number => kept.indexOf(rare.has(level) ? infrequent[0]! : level)
  const isRare = (level: number): boolean => rare.has(level)
  const back = (level: number): number =>
    isRare(level) ? -2 : level === categories.length ? -1 : level
  return {
    ...feature,
    places: new Places(categories),
    columns: Int32Array.from(levels, column),
    other: unknown === 'infrequentIfExist' && rare.size > 0 ? column(infrequent[0]!) : -1,
    width: kept.length,
    names: kept.map((level) => (isRare(level) ? 'infrequent' : (categories[level] ?? 'nan'))),
    levels: kept.map(back),
    zeros: dropped && shown.length > 0 ? back(shown[0]!) : -1,
  }
}

/** The level of the highest number of each row. */
function levelsOf(
  { levels, zeros }: Layout,
  cells: readonly NumberCells[],
  rows: number,
): number[] {
  return Array.from({ length: rows }, (_, row) => {
    let level = zeros
    let most = 0
    cells.forEach(({ values }, column) => {
      if (!(values[row]! > most)) return
      most = values[row]!
      level = levels[column]!
    })
    return level
  })
}

/** Levels as cells of a type; the rare ones, which nobody tells apart any more, are `infrequent`. */
function fromLevels(type: Input['type'], { categories }: Layout, levels: readonly number[]): Cells {
  const named = type !== 'number' && levels.includes(-2)
  const all = named ? [...new Set([...categories, 'infrequent'])] : [...categories]
  const place = (level: number): number => (level === -2 ? all.indexOf('infrequent') : level)
  return cellsOfPlaces(type, Int32Array.from(levels, place), all)
}
