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

  #value(x: number, feature: number): number {
    const y = (x - this.shift[feature]!) / this.scale[feature]!
    if (this.clip === undefined || y !== y) return y
    return Math.min(Math.max(y, this.clip[0]), this.clip[1])
  }

  apply(cells: readonly Cells[]): Cells[] {
    return cells.map((some, feature) => ({
      type: 'number',
      values: (some as NumberCells).values.map((x) => this.#value(x, feature)),
    }))
  }

  write(
    cells: readonly Cells[],
    _row: number,
    out: Float32Array | Float64Array,
    width: number,
    offset: number,
  ): void {
    cells.forEach((some, feature) => {
      const { values } = some as NumberCells
      for (let row = 0, at = offset + feature; row < values.length; row++, at += width)
        out[at] = this.#value(values[row]!, feature)
    })
  }

  inverse(cells: readonly Cells[]): Cells[] {
    return cells.map((some, feature) => ({
      type: 'number',
      values: (some as NumberCells).values.map(
        (y) => y * this.scale[feature]! + this.shift[feature]!,
      ),
    }))
  }

  abstract state(): TransformerState
}
