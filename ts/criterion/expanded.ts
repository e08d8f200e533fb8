import { complaint, ShapeError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { BinaryKind, Broadcast } from '../kernels/kernels.js'
import { checkFloat } from '../tensor/create.js'
import type { FloatDType } from '../kernels/dtype.js'
import { formatShape, noTensor, type Shape, Tensor } from '../tensor/tensor.js'
import { sameShape, Workspace } from '../tensor/workspace.js'
import { convertedOnce } from './converted-once.js'

/**
 * Weights that are broadcast to the shape of a prediction, in storage that is reused from step to
 * step. Their elements are read at every step.
 */
export class Expanded {
  #source: Tensor
  readonly #kept = new Workspace()

  /** @throws ValueError, DTypeError when the weights are no tensor or not float. */
  constructor(
    private readonly who: string,
    private readonly what: string,
    source: Tensor,
  ) {
    if (!(source instanceof Tensor)) throw noTensor(who, what, source)
    checkFloat(who, what, source.dtype)
    this.#source = source
  }

  /**
   * The weights for a prediction of this shape, each size of theirs being its or 1.
   *
   * @throws ShapeError when they cannot be broadcast.
   */
  to(shape: Shape, dtype: FloatDType): Tensor {
    const [outer, n, inner] = this.#split(shape)
    // Converted once: weights that shall change in place have the prediction's dtype.
    this.#source = convertedOnce(this.#source, dtype)
    if (sameShape(this.#source.shape, shape)) return this.#source
    this.#kept.rewind()
    const result = this.#kept.take(shape, dtype)
    let row = this.#source
    if (inner !== 1) {
      const column = this.#kept.takeVector(n * inner, dtype)
      spread(Broadcast.column, row, column, n, inner)
      row = column
    }
    spread(Broadcast.row, row, result, outer, n * inner)
    return result
  }

  /** The shape as (outer, n, inner), of which the weights have n. */
  #split(shape: Shape): readonly [number, number, number] {
    const source = this.#source.shape
    const missing = shape.length - source.length
    const sizes = shape.map((_, i) => (i < missing ? 1 : source[i - missing]!))
    const own = (i: number): boolean => sizes[i] !== 1
    const first = Math.max(
      0,
      shape.findIndex((_, i) => own(i)),
    )
    let end = shape.length
    while (end > first && !own(end - 1)) end--
    const fits =
      missing >= 0 && shape.every((size, i) => sizes[i] === size || i < first || i >= end)
    if (!fits) {
      throw new ShapeError(
        complaint(
          this.who,
          this.what,
          `of a shape that fits the prediction's ${formatShape(shape)}: its last sizes, or 1 before ` +
            'and after some of them',
          `shape ${formatShape(source)}`,
        ),
      )
    }
    const product = (from: number, to: number): number =>
      shape.slice(from, to).reduce((size, dim) => size * dim, 1)
    return [product(0, first), product(first, end), product(end, shape.length)]
  }
}

/** out (rows, cols) = source, broadcast. */
function spread(how: Broadcast, source: Tensor, out: Tensor, rows: number, cols: number): void {
  kernels().fill({ y: out, n: rows * cols, value: 1 })
  kernels().binary({ kind: BinaryKind.mul, broadcast: how, a: out, b: source, out, rows, cols })
}
