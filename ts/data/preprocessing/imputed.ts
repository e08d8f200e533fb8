import type { Cells, Input } from './cells.js'
import { float64, type TransformerState } from './state.js'
import type { Fitted } from './fitted.js'

/** Gaps filled, a value for each feature, and behind them a flag for each feature that had gaps. @internal */
export class Imputed implements Fitted {
  readonly #extended = new WeakMap<readonly string[], readonly string[]>()

  constructor(
    readonly fills: readonly (number | string)[],
    /** Features that have a flag. */
    readonly flagged: readonly number[],
  ) {}

  outputs(inputs: readonly Input[]): Input[] {
    const flags = this.flagged.map((i): Input => {
      return { name: `missingindicator_${inputs[i]!.name}`, type: 'number' }
    })
    return [...inputs, ...flags]
  }

  apply(cells: readonly Cells[]): Cells[] {
    const flags = this.flagged.map((i): Cells => ({ type: 'number', values: gapsOf(cells[i]!) }))
    return [...cells.map((some, i) => this.#filled(some, this.fills[i]!)), ...flags]
  }

  #filled(cells: Cells, fill: number | string): Cells {
    if (cells.type === 'category') {
      if (!hasGap(cells)) return cells
      const categories = this.#with(cells.categories, String(fill))
      const code = categories.indexOf(String(fill))
      const codes = cells.codes.map((one) => (one === -1 ? code : one))
      return { type: 'category', codes, categories }
    }
    if (cells.type === 'text')
      return { type: 'text', values: cells.values.map((value) => value ?? String(fill)) }
    if (!hasGap(cells)) return cells
    const values = cells.values.slice()
    const number = Number(fill)
    for (let row = 0; row < values.length; row++)
      if (values[row] !== values[row]) values[row] = number
    return { type: cells.type, values }
  }

  /** The same list for the same categories, as others keep by it what they know of them. */
  #with(categories: readonly string[], fill: string): readonly string[] {
    if (categories.includes(fill)) return categories
    let longer = this.#extended.get(categories)
    if (longer === undefined) this.#extended.set(categories, (longer = [...categories, fill]))
    return longer
  }

  write(
    cells: readonly Cells[],
    _row: number,
    out: Float32Array | Float64Array,
    width: number,
    offset: number,
  ): void {
    this.apply(cells).forEach((some, feature) => {
      if (some.type !== 'number' && some.type !== 'date') return
      for (let row = 0, at = offset + feature; row < some.values.length; row++, at += width)
        out[at] = some.values[row]!
    })
  }

  /** With flags gaps come back; without them what was filled in stays. */
  inverse(cells: readonly Cells[]): Cells[] {
    const inputs = cells.slice(0, this.fills.length)
    return inputs.map((some, i) => {
      const flag = cells[this.fills.length + this.flagged.indexOf(i)]
      if (!this.flagged.includes(i) || flag === undefined) return some
      const gaps = (flag as { values: Float64Array }).values
      if (some.type === 'category')
        return { ...some, codes: some.codes.map((code, row) => (gaps[row]! > 0.5 ? -1 : code)) }
      if (some.type === 'text')
        return { ...some, values: some.values.map((text, row) => (gaps[row]! > 0.5 ? null : text)) }
      return { ...some, values: some.values.map((x, row) => (gaps[row]! > 0.5 ? NaN : x)) }
    })
  }

  state(): TransformerState {
    const texts = this.fills.map((fill) => (typeof fill === 'string' ? fill : null))
    const numbers = this.fills.map((fill) => (typeof fill === 'number' ? fill : 0))
    return { texts, numbers: float64(numbers), flagged: [...this.flagged] }
  }
}

/** @internal */
export function hasGap(cells: Cells): boolean {
  if (cells.type === 'category') return cells.codes.includes(-1)
  if (cells.type === 'text') return cells.values.includes(null)
  const { values } = cells
  for (let row = 0; row < values.length; row++) if (values[row] !== values[row]) return true
  return false
}

/** 1 where there is a gap, otherwise 0. */
function gapsOf(cells: Cells): Float64Array {
  if (cells.type === 'category')
    return Float64Array.from(cells.codes, (code) => Number(code === -1))
  if (cells.type === 'text') return Float64Array.from(cells.values, (text) => Number(text === null))
  const { values } = cells
  const gaps = new Float64Array(values.length)
  for (let row = 0; row < values.length; row++) if (values[row] !== values[row]) gaps[row] = 1
  return gaps
}
