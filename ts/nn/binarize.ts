import { complaint, ValueError } from '../errors.js'
import { flag, type Options, type Values } from '../options.js'
import { checkFloat } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { Binarized } from './binarized.js'
import type { Pass } from '../tensor/pass.js'
import { estimatorOption, type SignEstimator } from './sign.js'

/** What binarised layers take beside the options of the layers that they are made of. */
export interface BinarizeOptions {
  /** Whether a bias is added, which stays a real number. Default false. */
  bias?: boolean
  /** What the backward pass takes for the derivative of the weights' signs. Default `straightThrough`. */
  weightEstimator?: SignEstimator
  /** The same for the input's. Default `parabola`. */
  inputEstimator?: SignEstimator
  /** false: the input is multiplied as it is, as a first layer may want. Default true. */
  binarizeInput?: boolean
}

export const BINARIZE = {
  bias: flag(false),
  weightEstimator: estimatorOption('straightThrough'),
  inputEstimator: estimatorOption('parabola'),
  binarizeInput: flag(true),
} satisfies Options<BinarizeOptions>

/** The signs of a layer's weights and inputs. */
export class Signs {
  readonly weight: Binarized
  readonly #input: Binarized
  readonly binarizeInput: boolean

  /** What they were made with. */
  get options() {
    const { weight, binarizeInput } = this
    const inputEstimator = this.#input.estimator
    return { weightEstimator: weight.estimator, inputEstimator, binarizeInput }
  }

  constructor({ weightEstimator, inputEstimator, binarizeInput }: Values<typeof BINARIZE>) {
    this.weight = new Binarized('signs of the weight', weightEstimator)
    this.#input = new Binarized('signs of the input', inputEstimator)
    this.binarizeInput = binarizeInput
  }

  /** What a forward pass takes for its input. */
  makeInput(pass: Pass, layer: string, input: Tensor): Tensor {
    checkFloat(layer, 'input', input.dtype)
    return this.binarizeInput ? this.#input.make(pass, input) : input
  }

  /** The same for the backward pass. */
  inputOf(pass: Pass, input: Tensor): Tensor {
    return this.binarizeInput ? this.#input.of(pass) : input
  }

  /** Turns the gradient by `inputOf`, in its place, into that by the input. */
  estimateInput(pass: Pass, input: Tensor, gradient: Tensor): void {
    if (this.binarizeInput) this.#input.estimate(pass, input, gradient)
  }

  /** @throws ValueError when the input is not binarised. */
  checkPackable(layer: string): void {
    if (this.binarizeInput) return
    throw new ValueError(
      complaint(layer, 'a layer to pack', 'of binarised inputs', 'binarizeInput: false'),
    )
  }

  /** What differs from the defaults, for messages. */
  repr(): string {
    const parts = []
    const { estimator } = this.weight
    if (estimator !== 'straightThrough') parts.push(`, weightEstimator=${estimator}`)
    if (!this.binarizeInput) parts.push(', binarizeInput=false')
    else if (this.#input.estimator !== 'parabola') {
      parts.push(`, inputEstimator=${this.#input.estimator}`)
    }
    return parts.join('')
  }
}
