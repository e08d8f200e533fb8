import { checkArguments } from '../check.js'
import type { Tensor } from '../tensor/tensor.js'
import { type Options, readOptions } from '../options.js'
import { BINARIZE, type BinarizeOptions, Signs } from './binarize.js'
import { markBuiltIn } from './built-in.js'
import { linearGradWeight } from './functional/linear.js'
import { LINEAR, Linear, type LinearOptions } from './linear.js'
import { PackedBinaryLinear } from './packed-binary-linear.js'

export interface BinaryLinearOptions extends Omit<LinearOptions, 'bias'>, BinarizeOptions {}

const OPTIONS = { ...LINEAR, ...BINARIZE } satisfies Options<BinaryLinearOptions>

/**
 * y = sign(x) sign(W)^T + b with sign(0) = 1. Trained are the real numbers W; estimators stand in for the
 * derivatives of both signs.
 *
 * Shapes and initialisation: those of Linear, of which it has no bias unless asked for.
 *
 * Accuracy: without a bias results are whole numbers, exact as long as inFeatures is at most 2^24
 * (float32).
 *
 * @example
 * const layer = new nn.BinaryLinear(1024, 256)
 * layer.pack().forward(x) // the same numbers from a 32nd of the memory
 *
 * Source: Hubara et al., Binarized Neural Networks (2016); docs/binary.md.
 */
export class BinaryLinear extends Linear {
  static {
    markBuiltIn(this, (layer) => {
      const { inFeatures, outFeatures, weight, bias } = layer
      return [
        inFeatures,
        outFeatures,
        { ...layer.#signs.options, bias: bias !== null, dtype: weight.dtype },
      ]
    })
  }

  readonly #signs: Signs

  /**
   * @throws ValueError when a size is not a whole number ≥ 0 or an estimator is not known.
   */
  constructor(inFeatures: number, outFeatures: number, options: BinaryLinearOptions = {}) {
    checkArguments(new.target.name, 3, arguments)
    const given = readOptions(new.target.name, OPTIONS, options)
    const { bias, dtype, generator } = given
    super(inFeatures, outFeatures, { bias, dtype, generator })
    this.#signs = new Signs(given)
  }

  protected override factor(): Tensor {
    return this.#signs.weight.of(this.pass)
  }

  protected override computeOutput(input: Tensor): Tensor {
    const signs = this.#signs.makeInput(this.pass, this.describe(), input)
    this.#signs.weight.make(this.pass, this.weight)
    return super.computeOutput(signs)
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const gradInput = super.computeGradInput(input, gradOutput)
    this.#signs.estimateInput(this.pass, input, gradInput)
    return gradInput
  }

  protected override updateGradWeight(input: Tensor, gradOutput: Tensor): void {
    this.#signs.weight.update(this.pass, this.weight, (target, beta) => {
      linearGradWeight(this.#signs.inputOf(this.pass, input), gradOutput, target, beta)
    })
  }

  /**
   * The layer for inference, with its weights as bits. It keeps nothing of this one.
   *
   * @throws ValueError when the input is not binarised.
   */
  pack(): PackedBinaryLinear {
    this.#signs.checkPackable(this.describe())
    const { inFeatures, outFeatures, weight, bias } = this
    const packed = new PackedBinaryLinear(inFeatures, outFeatures, {
      bias: bias !== null,
      dtype: weight.dtype,
    })
    packed.take(weight, bias)
    return packed
  }

  override extraRepr(): string {
    return super.extraRepr() + this.#signs.repr()
  }
}
