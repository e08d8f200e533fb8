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

/** Options of ConvTranspose1d. */
export type ConvTranspose1dOptions = ConvTransposeOptions<number>

const OPTIONS = convTransposeOptions<number>(1)

/**
 * Transposed convolution of sequences: the gradient by its input of the Conv1d with the same options,
 * as a layer. Each element of the input adds itself times the kernel to the output,
 *
 *   y[n, o, i stride + p dilation - padding] += W[c, o, p] x[n, c, i],
 *
 * on top of the bias; what falls outside of the output is dropped. It is the transposed convolution of
 * images of one row, without any copy.
 *
 * Shapes: input (N, inChannels, L) or (inChannels, L), output (N, outChannels, Lout) or
 * (outChannels, Lout), Lout = (L - 1) stride - 2 padding + dilation (kernelSize - 1) + outputPadding + 1;
 * weight (inChannels, outChannels / groups, kernelSize), bias (outChannels).
 *
 * Initialisation: weight and bias uniform in ±1 / sqrt(outChannels / groups * kernelSize), as PyTorch,
 * which takes the fan of the weight's shape.
 *
 * @example
 * new nn.ConvTranspose1d(16, 8, 4, { stride: 2, padding: 1 }).forward(randn([20, 16, 50])).shape // [20, 8, 100]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose1d.html
 */
export class ConvTranspose1d extends ConvTransposeLayer {
  static {
    markBuiltIn(this, (layer) => [
      layer.inChannels,
      layer.outChannels,
      layer.kernelSize,
      { ...convArguments(layer), outputPadding: layer.outputPadding, paddingMode: undefined },
    ])
  }

  readonly kernelSize: number
  readonly stride: number
  readonly padding: number
  readonly outputPadding: number
  readonly dilation: number

  /**
   * @throws ValueError when a size is out of range, `groups` does not divide the channels, outputPadding
   * is not smaller than stride or dilation, or paddingMode is not `'zeros'`.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    options: ConvTranspose1dOptions = {},
  ) {
    checkArguments(new.target.name, 4, arguments)
    const who = 'ConvTranspose1d'
    const given = readOptions(who, OPTIONS, options)
    const settings = convTransposeSettings(who, 1, inChannels, outChannels, kernelSize, given)
    super(settings, given)
    this.kernelSize = settings.kernelSize[1]
    this.stride = settings.stride[1]
    this.padding = settings.padding[1]
    this.outputPadding = settings.outputPadding[1]
    this.dilation = settings.dilation[1]
  }
}
