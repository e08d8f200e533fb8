import { complaint, DTypeError, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { flag, floatDType, type Options, type Values } from '../options.js'
import { checkFloat, zeros } from '../tensor/create.js'
import type { DType, FloatDType } from '../kernels/dtype.js'
import type { Shape, Tensor } from '../tensor/tensor.js'
import { Layer } from './layer.js'

/** Bits of an int32 word. */
export const WORD = 32

export interface PackedOptions {
  /** Whether there is a bias. Default false. */
  bias?: boolean
  /** Of the bias. Default `float32`. */
  dtype?: FloatDType
}

export const PACKED = { bias: flag(false), dtype: floatDType() } satisfies Options<PackedOptions>

/**
 * What binarised layers for inference share: weights of 32 signs to a word, as a buffer, so that
 * optimizers do not see them; a bit is 1 for -1. Inputs may be float32 or float64, as the bias is where
 * there is one; outputs have their dtype.
 */
export abstract class PackedLayer extends Layer {
  readonly #weight: Tensor
  readonly #bias: Tensor | null

  constructor(weightShape: Shape, outputs: number, { bias, dtype }: Values<typeof PACKED>) {
    super()
    this.#weight = this.registerBuffer('weight', zeros(weightShape, { dtype: 'int32' }))
    this.#bias = bias ? this.registerBuffer('bias', zeros([outputs], { dtype })) : null
  }

  /** int32: the signs of the weights. */
  get weight(): Tensor {
    return this.#weight
  }

  get bias(): Tensor | null {
    return this.#bias
  }

  /** Copies the bias of the layer that this one is made from. @internal */
  protected takeBias(bias: Tensor | null): void {
    if (bias !== null && this.#bias !== null)
      kernels().copy({ x: bias, y: this.#bias, n: bias.length })
  }

  /** @throws DTypeError unless inputs of this dtype will do. */
  protected checkInput(dtype: DType): void {
    checkFloat(this.describe(), 'input', dtype)
    if (this.#bias === null || this.#bias.dtype === dtype) return
    throw new DTypeError(
      complaint(
        this.describe(),
        'input',
        `${this.#bias.dtype} as the bias is`,
        dtype,
        `use input.to('${this.#bias.dtype}')`,
      ),
    )
  }

  /** The signs of x (outer, n, inner) as words (outer, ceil(n / 32), inner). */
  protected packed(x: Tensor, outer: number, n: number, inner: number): Tensor {
    const words = this.pass.keepVector('words', outer * Math.ceil(n / WORD) * inner, 'int32')
    kernels().packSigns({ x, words, outer, n, inner })
    return words
  }

  /** @throws ValueError: there is none. */
  protected override computeGradInput(): Tensor {
    throw new ValueError(
      `${this.describe()}: packed weights are for inference, there is no backward pass; ` +
        'train the layer that it was made from and pack() that again',
    )
  }
}
