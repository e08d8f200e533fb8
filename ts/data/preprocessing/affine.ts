import type { Cells, Input, NumberCells } from './cells.js'
import type { TransformerState } from './state.js'
import type { Fitted } from './fitted.js'

/**
 * y = (x - shift) / scale, a number each for each feature; `clip` bounds y. What is missing stays
 * missing.
 *
 * @internal
 */
export abstract class Affine implements Fitted {
  constructor(
    readonly shift: Float64Array,
    readonly scale: Float64Array,
    readonly clip?: readonly [number, number],
  ) {}

  outputs(inputs: readonly Input[]): Input[] {
    return inputs.map(({ name }) => ({ name, type: 'number' }))
  }

  apply(cells: readonly Cells[]): Cells[] {
    return cells.map((some, feature) => {
      const { values } = some as NumberCells
      const result = new Float64Array(values.length)
      this.#write(values, feature, result, 1, 0)
      return { type: 'number', values: result }
    })
  }

  write(
    cells: readonly Cells[],
    _row: number,
    out: Float32Array | Float64Array,
    width: number,
    offset: number,
  ): void {
    cells.forEach((some, feature) => {
      this.#write((some as NumberCells).values, feature, out, width, offset + feature)
    })
  }

  #write(
    values: Float64Array,
    feature: number,
    out: Float32Array | Float64Array,
    width: number,
    start: number,
  ): void {
    const shift = this.shift[feature]!
    const scale = this.scale[feature]!
    for (let row = 0, at = start; row < values.length; row++, at += width)
      out[at] = (values[row]! - shift) / scale
    if (this.clip === undefined) return
    const [low, high] = this.clip
    for (let row = 0, at = start; row < values.length; row++, at += width) {
      const value = out[at]!
      if (value < low) out[at] = low
      else if (value > high) out[at] = high
    }
  }

  inverse(cells: readonly Cells[]): Cells[] {
    return cells.map((some, feature) => {
      const shift = this.shift[feature]!
      const scale = this.scale[feature]!
      return { type: 'number', values: (some as NumberCells).values.map((y) => y * scale + shift) }
    })
  }

  abstract state(): TransformerState
}
