import type { FloatDType } from '../../kernels/dtype.js'
import { type Shape, Tensor } from '../../tensor/tensor.js'

/** Writes the numbers of a position into a row. */
export type PositionRow = (row: Float64Array, position: number) => void

/** A constant: numbers of the positions from `first` on, (count, columns). */
export function positionRows(
  dtype: FloatDType,
  columns: number,
  fill: PositionRow,
  first: number,
  count: number,
): Tensor {
  const length = count * columns
  const values = dtype === 'float32' ? new Float32Array(length) : new Float64Array(length)
  const row = new Float64Array(columns)
  for (let i = 0; i < count; i++) {
    fill(row, first + i)
    values.set(row, i * columns)
  }
  const shape: Shape = Object.freeze([count, columns])
  return new Tensor(values.buffer, 0, shape, dtype, length)
}

/** Numbers of positions, computed when they are first wanted, and kept. */
export class PositionTable {
  readonly #known = new Map<FloatDType, Tensor>()

  constructor(
    readonly columns: number,
    private readonly fill: PositionRow,
  ) {}

  /** (count, columns) */
  rows(dtype: FloatDType, first: number, count: number): Tensor {
    let known = this.#known.get(dtype)
    if (known === undefined || known.shape[0]! < first + count) {
      const all = Math.max(first + count, 2 * (known?.shape[0] ?? 0))
      known = positionRows(dtype, this.columns, this.fill, 0, all)
      this.#known.set(dtype, known)
    }
    return known.narrow(0, first, count)
  }
}
