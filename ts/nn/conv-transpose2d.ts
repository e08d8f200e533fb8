import { checkArguments } from '../check.js'
import { readOptions } from '../options.js'
import { convArguments } from './conv.js'
import {
  convTransposeOptions,
  type ConvTransposeOptions,
  convTransposeSettings,
} from './conv-settings.js'
import { ConvTransposeLayer } from './conv-transpose.js'
import { markBuiltIn } from './built-in.js'
import type { Pair, Sizes2d } from './pair.js'

/** Options of ConvTranspose2d; a Pair is one number for both dimensions or (height, width). */
export type ConvTranspose2dOptions = ConvTransposeOptions<Pair>

const OPTIONS = convTransposeOptions<Pair>(2)

/**
 * Transposed convolution of images: the gradient by its input of the Conv2d with the same options, as a
 * layer. Each element of the input adds itself times the kernel to the output,
 *
 *   y[n, o, i s + p d - pad, j s + q d - pad] += W[c, o, p, q] x[n, c, i, j],
 *
 * on top of the bias; what falls outside of the output is dropped.
 *
 * Shapes: input (N, inChannels, H, W) or (inChannels, H, W), output (N, outChannels, Hout, Wout) or
 * (outChannels, Hout, Wout), Hout = (H - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding
 * + 1; weight (inChannels, outChannels / groups, kernel height, kernel width), bias (outChannels).
 *
 * A Conv2d with a stride maps several sizes to one; outputPadding picks the size that this layer gives
 * back. (PyTorch's `output_size` of the call is not offered: compute outputPadding from the formula.)
 *
 * Initialisation: weight and bias uniform in ±1 / sqrt(outChannels / groups * kernel height * kernel
 * width), as PyTorch, which takes the fan of the weight's shape.
 *
 * @example
 * const up = new nn.ConvTranspose2d(16, 8, 3, { stride: 2, padding: 1, outputPadding: 1 })
 * up.forward(randn([4, 16, 14, 14])).shape // [4, 8, 28, 28]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html
 */
export class ConvTranspose2d extends ConvTransposeLayer {
  static {
    markBuiltIn(this, (layer) => [
      layer.inChannels,
      layer.outChannels,
      layer.kernelSize,
      { ...convArguments(layer), outputPadding: layer.outputPadding, paddingMode: undefined },
    ])
  }

  readonly kernelSize: Sizes2d
  readonly stride: Sizes2d
  readonly padding: Sizes2d
  readonly outputPadding: Sizes2d
  readonly dilation: Sizes2d

  /**
   * @throws ValueError when a size is out of range, `groups` does not divide the channels, outputPadding
   * is not smaller than stride or dilation, or paddingMode is not `'zeros'`.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: ConvTranspose2dOptions = {},
  ) {
    checkArguments(new.target.name, 4, arguments)
    const who = 'ConvTranspose2d'
    const given = readOptions(who, OPTIONS, options)
    const settings = convTransposeSettings(who, 2, inChannels, outChannels, kernelSize, given)
    super(settings, given)
    this.kernelSize = settings.kernelSize
    this.stride = settings.stride
    this.padding = settings.padding
    this.outputPadding = settings.outputPadding
    this.dilation = settings.dilation
  }
}
