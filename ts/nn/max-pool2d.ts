import { checkArguments } from '../check.js'
import { type Options, readOptions } from '../options.js'
import { markBuiltIn } from './built-in.js'
import { MaxPoolLayer } from './max-pool.js'
import { type Pair, sizes, type Sizes2d } from './pair.js'
import { windowOptions, windowsOf } from './pool.js'

export interface MaxPool2dOptions {
  /** Distance of the windows. Default: kernelSize. */
  stride?: Pair
  /** Rows and columns around the image, which never win; at most half of kernelSize. Default 0. */
  padding?: Pair
  /** Distance of a window's elements. Default 1. */
  dilation?: Pair
  /** Whether a last window may reach past the image. Default false. */
  ceilMode?: boolean
}

const OPTIONS = windowOptions<Pair>(2) satisfies Options<MaxPool2dOptions>

/**
 * The largest element of each window of an image; a NaN wins.
 *
 * Shapes: input (N, C, H, W) or (C, H, W), output (N, C, Hout, Wout) or (C, Hout, Wout),
 * Hout = floor((H + 2 padding - dilation (kernelSize - 1) - 1) / stride) + 1, with ceil instead of
 * floor for `ceilMode`, but no window that begins in the padding after the image. float32 or float64.
 *
 * The gradient goes to the element that was taken, the first among equals.
 *
 * @example
 * new nn.MaxPool2d(2).forward(randn([64, 32, 28, 28])).shape // [64, 32, 14, 14]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
 */
export class MaxPool2d extends MaxPoolLayer {
  static {
    markBuiltIn(this, ({ kernelSize, stride, padding, dilation, ceilMode }) => [
      kernelSize,
      { stride, padding, dilation, ceilMode },
    ])
  }

  readonly kernelSize: Sizes2d
  readonly stride: Sizes2d
  readonly padding: Sizes2d
  readonly dilation: Sizes2d
  readonly ceilMode: boolean

  /**
   * @throws ValueError when a size is out of range.
   */
  constructor(kernelSize: Pair, options: MaxPool2dOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    const given = readOptions('MaxPool2d', OPTIONS, options)
    const windows = windowsOf('MaxPool2d', 2, kernelSize, given)
    super(2, windows)
    this.kernelSize = windows.kernelSize
    this.stride = windows.stride
    this.padding = windows.padding
    this.dilation = windows.dilation
    this.ceilMode = windows.ceilMode
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding, dilation, ceilMode } = this
    return (
      `kernelSize=${sizes(kernelSize)}, stride=${sizes(stride)}, padding=${sizes(padding)}, ` +
      `dilation=${sizes(dilation)}, ceilMode=${ceilMode}`
    )
  }
}
