import { checkArguments } from '../check.js'
import { complaint, ShapeError } from '../errors.js'
import { checkDim, resolveDim } from '../tensor/axis.js'
import { formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { markBuiltIn } from './built-in.js'
import { Layer } from './layer.js'

/**
 * Joins the dimensions from startDim to endDim into one; no memory is copied.
 *
 * @example
 * new nn.Flatten().forward(zeros([64, 28, 28])).shape // [64, 784]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Flatten.html
 */
export class Flatten extends Layer {
  static {
    markBuiltIn(this, ({ startDim, endDim }) => [startDim, endDim])
  }

  readonly #forward = new Reshaped()
  readonly #backward = new Reshaped()

  /**
   * @param startDim Default 1: the batch stays.
   * @param endDim Default -1, the last one.
   */
  constructor(
    readonly startDim = 1,
    readonly endDim = -1,
  ) {
    checkArguments(new.target.name, 2, arguments)
    super()
    checkDim('Flatten', startDim, 'startDim')
    checkDim('Flatten', endDim, 'endDim')
  }

  protected override computeOutput(input: Tensor): Tensor {
    return this.#forward.of(input) ?? this.#forward.make(input, this.#flat(input.shape))
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    return (
      this.#backward.of(gradOutput, input.shape) ?? this.#backward.make(gradOutput, input.shape)
    )
  }

  override extraRepr(): string {
    return this.startDim === 1 && this.endDim === -1 ? '' : `${this.startDim}, ${this.endDim}`
  }

  #flat(shape: Shape): Shape {
    const start = resolveDim(this.describe(), shape, this.startDim)
    const end = resolveDim(this.describe(), shape, this.endDim)
    if (start > end) {
      throw new ShapeError(
        complaint(
          this.describe(),
          'startDim',
          `at most endDim for shape ${formatShape(shape)}`,
          `${this.startDim} and ${this.endDim}`,
        ),
      )
    }
    const joined = shape.slice(start, end + 1).reduce((product, size) => product * size, 1)
    return [...shape.slice(0, start), joined, ...shape.slice(end + 1)]
  }
}

/**
 * The last view made of a tensor. In a container the same tensors come again at every pass, and so
 * does their view.
 */
export class Reshaped {
  #source: Tensor | null = null
  #view: Tensor | null = null

  of(source: Tensor, shape?: Shape): Tensor | null {
    const fits =
      source === this.#source && (shape === undefined || sameShape(shape, this.#view!.shape))
    return fits ? this.#view : null
  }

  make(source: Tensor, shape: Shape): Tensor {
    this.#view = source.reshape(shape)
    this.#source = source
    return this.#view
  }
}
