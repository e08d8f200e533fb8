import { checkArguments } from '../check.js'
import { type Options, readOptions } from '../options.js'
import { markBuiltIn } from './built-in.js'
import { MaxPoolLayer } from './max-pool.js'
import { windowOptions, windowsOf } from './pool.js'

export interface MaxPool1dOptions {
  /** Distance of the windows. Default: kernelSize. */
  stride?: number
  /** Places before and after the sequence, which never win; at most half of kernelSize. Default 0. */
  padding?: number
  /** Distance of a window's elements. Default 1. */
  dilation?: number
  /** Whether a last window may reach past the sequence. Default false. */
  ceilMode?: boolean
}

const OPTIONS = windowOptions<number>(1) satisfies Options<MaxPool1dOptions>

/**
 * The largest element of each window of a sequence; a NaN wins.
 *
 * Shapes: input (N, C, L) or (C, L), output (N, C, Lout) or (C, Lout),
 * Lout = floor((L + 2 padding - dilation (kernelSize - 1) - 1) / stride) + 1, with ceil instead of
 * floor for `ceilMode`, but no window that begins in the padding after the sequence. float32 or
 * float64.
 *
 * The gradient goes to the element that was taken, the first among equals.
 *
 * @example
 * new nn.MaxPool1d(3, { stride: 2 }).forward(randn([20, 16, 50])).shape // [20, 16, 24]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MaxPool1d.html
 */
export class MaxPool1d extends MaxPoolLayer {
  static {
    markBuiltIn(this, ({ kernelSize, stride, padding, dilation, ceilMode }) => [
      kernelSize,
      { stride, padding, dilation, ceilMode },
    ])
  }

  readonly kernelSize: number
  readonly stride: number
  readonly padding: number
  readonly dilation: number
  readonly ceilMode: boolean

  /**
   * @throws ValueError when a size is out of range.
   */
  constructor(kernelSize: number, options: MaxPool1dOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    const given = readOptions('MaxPool1d', OPTIONS, options)
    const windows = windowsOf('MaxPool1d', 1, kernelSize, given)
    super(1, windows)
    this.kernelSize = windows.kernelSize[1]
    this.stride = windows.stride[1]
    this.padding = windows.padding[1]
    this.dilation = windows.dilation[1]
    this.ceilMode = windows.ceilMode
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding, dilation, ceilMode } = this
    return (
      `kernelSize=${kernelSize}, stride=${stride}, padding=${padding}, dilation=${dilation}, ` +
      `ceilMode=${ceilMode}`
    )
  }
}
