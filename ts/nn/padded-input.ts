import { kernels } from '../kernels/backend.js'
import type { Tensor } from '../tensor/tensor.js'
import { Workspace } from '../tensor/workspace.js'
import type { ConvPad } from './conv-plan.js'

/** The padded input of a convolution and its gradient, in storage that is reused from step to step. */
export class PaddedInput {
  readonly #values = new Workspace()
  readonly #gradients = new Workspace()
  #input: Tensor | null = null
  #padded: Tensor | null = null

  /** Pads the input; the result lasts until another one is padded. */
  make(input: Tensor, pad: ConvPad): Tensor {
    this.#values.rewind()
    this.#padded = this.#values.take(pad.paddedShape, input.dtype)
    this.#input = input
    kernels().pad2d(input, this.#padded, pad.geometry, pad.mode, 0)
    return this.#padded
  }

  /** The input as the last forward padded it; anew for that of an earlier one. */
  of(input: Tensor, pad: ConvPad): Tensor {
    return input === this.#input && this.#padded !== null ? this.#padded : this.make(input, pad)
  }

  /** Storage for the gradient by the padded input. */
  gradient(input: Tensor, pad: ConvPad): Tensor {
    this.#gradients.rewind()
    return this.#gradients.take(pad.paddedShape, input.dtype)
  }
}
