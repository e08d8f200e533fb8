import { checkArguments } from '../check.js'
import type { FloatDType } from '../kernels/dtype.js'
import { kernels } from '../kernels/backend.js'
import { flag, type Options, readOptions } from '../options.js'
import type { Tensor } from '../tensor/tensor.js'
import { allocate } from '../tensor/workspace.js'
import { convRepr } from './conv.js'
import { keepPadded, planConv } from './conv-plan.js'
import { convOptions, type ConvSettings, convSettings } from './conv-settings.js'
import type { Conv2dOptions } from './conv2d.js'
import { markBuiltIn } from './built-in.js'
import { PackedLayer, WORD } from './packed-layer.js'
import type { Pair } from './pair.js'

/** Options of PackedBinaryConv2d: Conv2d's, of which `bias` is false by default. */
export type PackedBinaryConv2dOptions = Omit<Conv2dOptions, 'generator'>

const { stride, padding, dilation, groups, paddingMode, dtype } = convOptions<Pair>(2)
const OPTIONS = {
  ...{ stride, padding, dilation, groups, paddingMode, dtype },
  bias: flag(false),
} satisfies Options<PackedBinaryConv2dOptions>

/**
 * A BinaryConv2d for inference, with its weights as bits: of each place in an image the channels of a
 * group are packed, and sums are counted by XOR and popcount. The results are those of the layer that it
 * was made from, except that a NaN counts as 1.
 *
 * Shapes: input and output as Conv2d; weight int32 (outChannels, ceil(inChannels / groups / 32), kernel
 * height, kernel width), bias (outChannels).
 *
 * Made by `BinaryConv2d.pack()`, or with weights of all 1 to load a state dict into. It has no backward
 * pass.
 *
 * Source: Rastegari et al., XNOR-Net (2016); docs/binary.md.
 */
export class PackedBinaryConv2d extends PackedLayer {
  static {
    markBuiltIn(this, (layer) => {
      const { inChannels, outChannels, bias } = layer
      const { kernelSize, stride, padding, dilation, groups, paddingMode } = layer.#settings
      return [
        inChannels,
        outChannels,
        kernelSize,
        {
          stride,
          padding,
          dilation,
          groups,
          paddingMode,
          bias: bias !== null,
          dtype: bias?.dtype as FloatDType | undefined,
        },
      ]
    })
  }

  readonly #settings: ConvSettings

  /**
   * @throws ValueError when a size is out of range, `groups` does not divide the channels or a padding
   * is not known.
   */
  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: Pair,
    options: PackedBinaryConv2dOptions = {},
  ) {
    checkArguments(new.target.name, 4, arguments)
    const { name } = new.target
    const given = readOptions(name, OPTIONS, options)
    const settings = convSettings(name, 2, inChannels, outChannels, kernelSize, given)
    const depth = Math.ceil(inChannels / settings.groups / WORD)
    super([outChannels, depth, ...settings.kernelSize], outChannels, given)
    this.#settings = settings
  }

  /** Takes over the signs of a Conv2d's weight and a bias. @internal */
  take(weight: Tensor, bias: Tensor | null): void {
    const { inChannels, groups, kernelSize } = this.#settings
    const taps = kernelSize[0] * kernelSize[1]
    kernels().packSigns({
      x: weight,
      words: this.weight,
      outer: this.outChannels,
      n: inChannels / groups,
      inner: taps,
    })
    this.takeBias(bias)
  }

  protected override computeOutput(input: Tensor): Tensor {
    this.checkInput(input.dtype)
    const plan = planConv(this.describe(), this.#settings, input.shape)
    const { geometry, outputShape } = plan
    const { batch, inChannels, inHeight, inWidth, groups } = geometry
    const image = keepPadded(this.pass, input, plan)
    const words = this.packed(image, batch * groups, inChannels / groups, inHeight * inWidth)
    const output = allocate(outputShape, input.dtype)
    kernels().xnorConv2d({ x: words, weight: this.weight, bias: this.bias, out: output, geometry })
    return output
  }

  override multiplyAdds(_input: Tensor, output: Tensor): number {
    const { inChannels, groups, kernelSize } = this.#settings
    return (output.length * inChannels * kernelSize[0] * kernelSize[1]) / groups
  }

  override extraRepr(): string {
    return convRepr(this.#settings, this.bias !== null)
  }
}
