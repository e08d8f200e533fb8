import { checkArguments } from '../check.js'
import { readOptions } from '../options.js'
import { convArguments, ConvLayer } from './conv.js'
import { convOptions, type ConvOptions, convSettings } from './conv-settings.js'
import { markBuiltIn } from './built-in.js'

/** Options of Conv1d. */
export type Conv1dOptions = ConvOptions<number>

const OPTIONS = convOptions<number>(1)

/**
 * Convolution of sequences (cross-correlation, as every framework has it):
 *
 *   y[n, o, i] = b[o] + sum over c, p of W[o, c, p] x[n, c, i stride + p dilation - padding]
 *
 * with x = 0 outside of the sequence, or what `paddingMode` says; with `groups`, output channel o sees the
 * channels of its group.
 * It is the convolution of images of one row, without any copy.
 *
 * Shapes: input (N, inChannels, L) or (inChannels, L), output (N, outChannels, Lout) or
 * (outChannels, Lout), Lout = floor((L + 2 padding - dilation (kernelSize - 1) - 1) / stride) + 1;
 * weight (outChannels, inChannels / groups, kernelSize), bias (outChannels).
 *
 * `'same'` pads dilation (kernelSize - 1) in all, of which an odd one goes after the sequence; with a
 * stride above 1, which PyTorch refuses, Lout = ceil(L / stride).
 *
 * Initialisation: weight and bias uniform in ±1 / sqrt(inChannels / groups * kernelSize).
 *
 * @example
 * new nn.Conv1d(16, 33, 3, { stride: 2 }).forward(randn([20, 16, 50])).shape // [20, 33, 24]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Conv1d.html
 */
export class Conv1d extends ConvLayer {
  static {
    markBuiltIn(this, (layer) => [
      layer.inChannels,
      layer.outChannels,
      layer.kernelSize,
      { ...convArguments(layer), paddingMode: layer.paddingMode },
    ])
  }

  readonly kernelSize: number
  readonly stride: number
  readonly padding: number | 'valid' | 'same'
  readonly dilation: number

  /**
   * @throws ValueError when a size is out of range, `groups` does not divide the channels or a padding
   * is not known.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    options: Conv1dOptions = {},
  ) {
    checkArguments(new.target.name, 4, arguments)
    const given = readOptions('Conv1d', OPTIONS, options)
    const settings = convSettings('Conv1d', 1, inChannels, outChannels, kernelSize, given)
    super(settings, given)
    const { padding } = settings
    this.kernelSize = settings.kernelSize[1]
    this.stride = settings.stride[1]
    this.padding = typeof padding === 'string' ? padding : padding[1]
    this.dilation = settings.dilation[1]
  }
}
