import { checkArguments } from '../check.js'
import { kernels } from '../kernels/backend.js'
import { type Axis, axisOf, checkDim } from '../tensor/axis.js'
import { checkFloat } from '../tensor/create.js'
import type { Shape, Tensor } from '../tensor/tensor.js'
import { allocate } from '../tensor/workspace.js'
import { markBuiltIn } from './built-in.js'
import { Layer } from './layer.js'

abstract class SoftmaxLike extends Layer {
  readonly #log: boolean
  #shape: Shape | null = null
  #axis: Axis = { dim: 0, outer: 0, n: 0, inner: 0 }

  protected constructor(
    readonly dim: number,
    log: boolean,
  ) {
    super()
    checkDim(new.target.name, dim)
    this.#log = log
  }

  protected override computeOutput(input: Tensor): Tensor {
    if (input.dtype !== 'float32') checkFloat(this.describe(), 'input', input.dtype)
    const { outer, n, inner } = this.#axisOf(input)
    const output = allocate(input.shape, input.dtype)
    kernels().softmax({ x: input, y: output, outer, n, inner, log: this.#log })
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const { outer, n, inner } = this.#axisOf(input)
    const gradInput = allocate(input.shape, input.dtype)
    kernels().softmaxGradient({
      y: this.output!,
      gradY: gradOutput,
      gradX: gradInput,
      outer,
      n,
      inner,
      log: this.#log,
    })
    return gradInput
  }

  override extraRepr(): string {
    return `dim=${this.dim}`
  }

  #axisOf({ shape }: Tensor): Axis {
    if (shape !== this.#shape) {
      this.#axis = axisOf(this.describe(), shape, this.dim)
      this.#shape = shape
    }
    return this.#axis
  }
}

/**
 * exp(x_i) / sum_j exp(x_j) along one dimension; the shape stays.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Softmax.html
 */
export class Softmax extends SoftmaxLike {
  static {
    markBuiltIn(this, ({ dim }) => [dim])
  }

  /** @param dim Default -1, the last one. */
  constructor(dim = -1) {
    checkArguments(new.target.name, 1, arguments)
    super(dim, false)
  }
}

/**
 * x_i - log(sum_j exp(x_j)) along one dimension; the shape stays. Before a `CrossEntropyLoss` there
 * should be none: it takes logits.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html
 */
export class LogSoftmax extends SoftmaxLike {
  static {
    markBuiltIn(this, ({ dim }) => [dim])
  }

  /** @param dim Default -1, the last one. */
  constructor(dim = -1) {
    checkArguments(new.target.name, 1, arguments)
    super(dim, true)
  }
}
