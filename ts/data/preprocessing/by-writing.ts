import { type Cells, type Input, rowsOf } from './cells.js'
import type { TransformerState } from './state.js'
import type { Fitted } from './fitted.js'

/** What writes rows; the columns for a transformer behind it are read off those. @internal */
export abstract class ByWriting implements Fitted {
  abstract readonly inputs: readonly Input[]
  abstract outputs(inputs: readonly Input[]): Input[]
  abstract write(
    cells: readonly Cells[],
    row: number,
    out: Float32Array | Float64Array,
    width: number,
    offset: number,
  ): void
  abstract inverse(cells: readonly Cells[]): Cells[]
  abstract state(): TransformerState

  apply(cells: readonly Cells[], row: number): Cells[] {
    const width = this.outputs(this.inputs).length
    const rows = rowsOf(cells)
    const out = new Float64Array(rows * width)
    this.write(cells, row, out, width, 0)
    return Array.from({ length: width }, (_, column) => {
      const values = new Float64Array(rows)
      for (let i = 0; i < rows; i++) values[i] = out[i * width + column]!
      return { type: 'number', values }
    })
  }
}
