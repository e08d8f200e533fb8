import { checkArguments } from '../check.js'
import { kernels } from '../kernels/backend.js'
import { Conv2dAlgorithm } from '../kernels/conv2d.js'
import { BinaryKind, Broadcast } from '../kernels/kernels.js'
import { type Options, readOptions } from '../options.js'
import type { Tensor } from '../tensor/tensor.js'
import { BINARIZE, type BinarizeOptions, Signs } from './binarize.js'
import { convArguments, ConvLayer } from './conv.js'
import type { ConvPlan } from './conv-plan.js'
import { convOptions, type ConvSettings, convSettings } from './conv-settings.js'
import type { Conv2dOptions } from './conv2d.js'
import { markBuiltIn } from './built-in.js'
import { convGradWeight, convolve } from './functional/conv.js'
import { PackedBinaryConv2d } from './packed-binary-conv2d.js'
import type { Pair, Sizes2d } from './pair.js'

export interface BinaryConv2dOptions extends Omit<Conv2dOptions, 'bias'>, BinarizeOptions {}

const OPTIONS = { ...convOptions<Pair>(2), ...BINARIZE } satisfies Options<BinaryConv2dOptions>

/**
 * The convolution of sign(x) with sign(W), + b, with sign(0) = 1. Trained are the real numbers W;
 * estimators stand in for the derivatives of both signs.
 *
 * Padding with zeros is that of Conv2d around the signs: what lies outside of the image is neither -1
 * nor 1 and counts nothing. Other modes pad with signs of the image.
 *
 * Shapes, options and initialisation: those of Conv2d, of which it has no bias unless asked for.
 *
 * Accuracy: without a bias results are whole numbers, exact as long as the terms of a sum are at most
 * 2^24 (float32); for that the forward pass is never Winograd's.
 *
 * @example
 * new nn.BinaryConv2d(128, 128, 3, { padding: 1 }).pack().forward(x) // the same numbers from bits
 *
 * Source: Hubara et al., Binarized Neural Networks (2016); docs/binary.md.
 */
export class BinaryConv2d extends ConvLayer {
  static {
    markBuiltIn(this, (layer) => [
      layer.inChannels,
      layer.outChannels,
      layer.kernelSize,
      { ...convArguments(layer), paddingMode: layer.paddingMode, ...layer.#signs.options },
    ])
  }

  readonly kernelSize: Sizes2d
  readonly stride: Sizes2d
  readonly padding: Sizes2d | 'valid' | 'same'
  readonly dilation: Sizes2d
  readonly #settings: ConvSettings
  readonly #signs: Signs

  /**
   * @throws ValueError when a size is out of range, `groups` does not divide the channels, or a padding
   * or an estimator is not known.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: BinaryConv2dOptions = {},
  ) {
    checkArguments(new.target.name, 4, arguments)
    const who = new.target.name
    const given = readOptions(who, OPTIONS, options)
    const settings = convSettings(who, 2, inChannels, outChannels, kernelSize, given)
    super(settings, given)
    this.kernelSize = settings.kernelSize
    this.stride = settings.stride
    this.padding = settings.padding
    this.dilation = settings.dilation
    this.#settings = settings
    this.#signs = new Signs(given)
  }

  protected override factor(): Tensor {
    return this.#signs.weight.of(this.pass)
  }

  protected override convolve(
    input: Tensor,
    bias: Tensor | null,
    output: Tensor,
    plan: ConvPlan,
  ): void {
    // one or two results a group: as where Conv2d chooses for itself
    const few = this.outChannels / this.groups <= 2
    const exact = few ? Conv2dAlgorithm.direct : Conv2dAlgorithm.implicitGemm
    convolve(input, this.factor(), null, output, plan, exact)
    if (bias === null) return
    // after the sum, which it would make inexact from its first term on
    const { batch, outChannels, outHeight, outWidth } = plan.geometry
    const spatial = outHeight * outWidth
    if (output.length === 0) return
    const images = output.reshape([batch, outChannels * spatial])
    for (let i = 0; i < batch; i++) {
      const image = images.select(0, i)
      const { column } = Broadcast
      kernels().binary({
        kind: BinaryKind.add,
        broadcast: column,
        a: image,
        b: bias,
        out: image,
        rows: outChannels,
        cols: spatial,
      })
    }
  }

  protected override computeOutput(input: Tensor): Tensor {
    const signs = this.#signs.makeInput(this.pass, this.describe(), input)
    this.#signs.weight.make(this.pass, this.weight)
    return super.computeOutput(signs)
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const gradInput = super.computeGradInput(this.#signs.inputOf(this.pass, input), gradOutput)
    this.#signs.estimateInput(this.pass, input, gradInput)
    return gradInput
  }

  protected override updateGradParameters(input: Tensor, gradOutput: Tensor): void {
    super.updateGradParameters(this.#signs.inputOf(this.pass, input), gradOutput)
  }

  protected override updateGradWeight(input: Tensor, gradOutput: Tensor, plan: ConvPlan): void {
    if (!this.weight.requiresGrad) return
    this.#signs.weight.update(this.pass, this.weight, (target, beta) => {
      convGradWeight(input, gradOutput, plan, target, beta)
    })
  }

  /**
   * The layer for inference, with its weights as bits. It keeps nothing of this one.
   *
   * @throws ValueError when the input is not binarised.
   */
  pack(): PackedBinaryConv2d {
    this.#signs.checkPackable(this.describe())
    const { inChannels, outChannels, kernelSize, weight, bias } = this
    const { stride, padding, dilation, groups, paddingMode } = this.#settings
    const packed = new PackedBinaryConv2d(inChannels, outChannels, kernelSize, {
      ...{ stride, padding, dilation, groups, paddingMode },
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
