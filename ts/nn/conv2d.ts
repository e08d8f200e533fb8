import { checkArguments } from '../check.js'
import { readOptions } from '../options.js'
import { convArguments, ConvLayer } from './conv.js'
import { convOptions, type ConvOptions, convSettings } from './conv-settings.js'
import { markBuiltIn } from './built-in.js'
import type { Pair, Sizes2d } from './pair.js'

/** Options of Conv2d; a Pair is one number for both dimensions or (height, width). */
export type Conv2dOptions = ConvOptions<Pair>

const OPTIONS = convOptions<Pair>(2)

/**
 * Two-dimensional convolution of images (cross-correlation, as every framework has it):
 *
 *   y[n, o, i, j] = b[o] + sum over c, p, q of W[o, c, p, q] x[n, c, i s + p d - pad, j s + q d - pad]
 *
 * with x = 0 outside of the image, or what `paddingMode` says; with `groups`, output channel o sees the
 * channels of its group.
 *
 * Shapes: input (N, inChannels, H, W) or (inChannels, H, W), output (N, outChannels, Hout, Wout) or
 * (outChannels, Hout, Wout), Hout = floor((H + 2 padding - dilation (kernel - 1) - 1) / stride) + 1;
 * weight (outChannels, inChannels / groups, kernel height, kernel width), bias (outChannels).
 *
 * `'same'` pads dilation (kernel - 1) in all, of which an odd row or column goes after the image; with
 * a stride above 1, which PyTorch refuses, Hout = ceil(H / stride).
 *
 * Initialisation: weight and bias uniform in ±1 / sqrt(inChannels / groups * kernel height * kernel
 * width).
 *
 * Accuracy: where they pay, kernels of 3x3 and 5x5 at stride and dilation 1 are computed by Winograd's
 * algorithm, whose errors are some two to four times those of the sum as it is written, relative to
 * the largest outputs (docs/convolution.md has figures); a NaN or infinity then reaches all outputs of
 * its tile of 4x4 or 2x2.
 *
 * @example
 * new nn.Conv2d(3, 64, 3, { padding: 1 }).forward(randn([32, 3, 28, 28])).shape // [32, 64, 28, 28]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
 */
export class Conv2d extends ConvLayer {
  static {
    markBuiltIn(this, (layer) => [
      layer.inChannels,
      layer.outChannels,
      layer.kernelSize,
      { ...convArguments(layer), paddingMode: layer.paddingMode },
    ])
  }

  readonly kernelSize: Sizes2d
  readonly stride: Sizes2d
  readonly padding: Sizes2d | 'valid' | 'same'
  readonly dilation: Sizes2d

  /**
   * @throws ValueError when a size is out of range, `groups` does not divide the channels or a padding
   * is not known.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: Conv2dOptions = {},
  ) {
    checkArguments(new.target.name, 4, arguments)
    const given = readOptions('Conv2d', OPTIONS, options)
    const settings = convSettings('Conv2d', 2, inChannels, outChannels, kernelSize, given)
    super(settings, given)
    this.kernelSize = settings.kernelSize
    this.stride = settings.stride
    this.padding = settings.padding
    this.dilation = settings.dilation
  }
}
