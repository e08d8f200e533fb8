import { checkArguments } from '../check.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import { checkDim, resolveDim } from '../tensor/axis.js'
import { formatShape, type Shape, shapeOf, type Tensor } from '../tensor/tensor.js'
import { Reshaped } from './flatten.js'
import { markBuiltIn } from './built-in.js'
import { Layer } from './layer.js'

/**
 * Splits one dimension into several; no memory is copied.
 *
 * @example
 * new nn.Unflatten(1, [1, 28, 28]).forward(zeros([64, 784])).shape // [64, 1, 28, 28]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Unflatten.html
 */
export class Unflatten extends Layer {
  static {
    markBuiltIn(this, ({ dim, unflattenedSize }) => [dim, unflattenedSize])
  }

  readonly unflattenedSize: Shape
  readonly #forward = new Reshaped()
  readonly #backward = new Reshaped()

  /**
   * @param dim The dimension to split; a negative one counts from the end.
   * @param unflattenedSize What it becomes. One size may be -1: it is inferred.
   * @throws ValueError when a size is no whole number of at least -1 or two are -1.
   */
  constructor(
    readonly dim: number,
    unflattenedSize: Shape,
  ) {
    checkArguments(new.target.name, 2, arguments)
    super()
    checkDim('Unflatten', dim)
    const own = shapeOf(unflattenedSize)
    const whole = own.every((size) => Number.isInteger(size) && size >= -1)
    const unknown = own.filter((size) => size === -1).length
    if (!whole || unknown > 1 || own.length === 0) {
      throw new ValueError(
        complaint(
          'Unflatten',
          'unflattenedSize',
          'sizes of at least 0, one of which may be -1',
          formatShape(own),
        ),
      )
    }
    this.unflattenedSize = Object.freeze(own)
  }

  protected override computeOutput(input: Tensor): Tensor {
    return this.#forward.of(input) ?? this.#forward.make(input, this.#split(input.shape))
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    return (
      this.#backward.of(gradOutput, input.shape) ?? this.#backward.make(gradOutput, input.shape)
    )
  }

  override extraRepr(): string {
    return `${this.dim}, ${formatShape(this.unflattenedSize)}`
  }

  #split(shape: Shape): Shape {
    const dim = resolveDim(this.describe(), shape, this.dim)
    const size = shape[dim]!
    const known = this.unflattenedSize.reduce((product, n) => (n === -1 ? product : product * n), 1)
    const inferred = known === 0 ? 0 : Math.floor(size / known)
    const sizes = this.unflattenedSize.map((n) => (n === -1 ? inferred : n))
    if (sizes.reduce((product, n) => product * n, 1) !== size) {
      throw new ShapeError(
        complaint(
          this.describe(),
          `size ${dim} of the input`,
          `the product of ${formatShape(this.unflattenedSize)}`,
          `${size} in shape ${formatShape(shape)}`,
        ),
      )
    }
    return [...shape.slice(0, dim), ...sizes, ...shape.slice(dim + 1)]
  }
}
