import { checkArguments } from '../check.js'
import { type Options, positive, readOptions } from '../options.js'
import { AdaptiveAvgPoolLayer, averageOptions, AvgPoolLayer } from './avg-pool.js'
import { markBuiltIn } from './built-in.js'
import { type OutputSize, outputSizesOf } from './functional/adaptive-max-pool.js'
import { type Pair, sizes, type Sizes2d } from './pair.js'
import { windowsOf } from './pool.js'

export interface AvgPool2dOptions {
  /** Distance of the windows. Default: kernelSize. */
  stride?: Pair
  /** Rows and columns of zeros around the image; at most half of kernelSize. Default 0. */
  padding?: Pair
  /** Whether a last window may reach past the image. Default false. */
  ceilMode?: boolean
  /** Whether the zeros of the padding count as elements. Default true. */
  countIncludePad?: boolean
  /** What the sums are divided by instead of the number of elements. */
  divisorOverride?: number
}

const OPTIONS = {
  ...averageOptions<Pair>(2),
  divisorOverride: positive(),
} satisfies Options<AvgPool2dOptions>

/**
 * The average of each window of an image.
 *
 * Shapes: input (N, C, H, W) or (C, H, W), output (N, C, Hout, Wout) or (C, Hout, Wout),
 * Hout = floor((H + 2 padding - kernelSize) / stride) + 1, with ceil instead of floor for `ceilMode`,
 * but no window that begins in the padding after the image. What a window reaches past the padding
 * never counts. float32 or float64.
 *
 * @example
 * new nn.AvgPool2d(2).forward(randn([64, 32, 28, 28])).shape // [64, 32, 14, 14]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html
 */
export class AvgPool2d extends AvgPoolLayer {
  static {
    markBuiltIn(this, (layer) => {
      const { stride, padding, ceilMode, countIncludePad, divisorOverride } = layer
      return [layer.kernelSize, { stride, padding, ceilMode, countIncludePad, divisorOverride }]
    })
  }

  readonly kernelSize: Sizes2d
  readonly stride: Sizes2d
  readonly padding: Sizes2d
  readonly ceilMode: boolean
  readonly divisorOverride: number | undefined

  /**
   * @throws ValueError when a size or `divisorOverride` is out of range.
   */
  constructor(kernelSize: Pair, options: AvgPool2dOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    const given = readOptions('AvgPool2d', OPTIONS, options)
    const windows = windowsOf('AvgPool2d', 2, kernelSize, given)
    super(2, windows, given.countIncludePad, given.divisorOverride)
    this.kernelSize = windows.kernelSize
    this.stride = windows.stride
    this.padding = windows.padding
    this.ceilMode = windows.ceilMode
    this.divisorOverride = given.divisorOverride
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding } = this
    return `kernelSize=${sizes(kernelSize)}, stride=${sizes(stride)}, padding=${sizes(padding)}`
  }
}

/**
 * The average of windows whose sizes follow from the size that the output should have: along each
 * dimension, window i of n covers floor(i size / n) to ceil((i + 1) size / n). An output of 1 is the
 * global average.
 *
 * Shapes: input (N, C, H, W) or (C, H, W), output (N, C, *outputSize) or (C, *outputSize). float32 or
 * float64.
 *
 * @example
 * new nn.AdaptiveAvgPool2d(1).forward(randn([32, 256, 8, 8])).shape // [32, 256, 1, 1]
 * new nn.AdaptiveAvgPool2d([5, null]).forward(randn([8, 64, 10, 9])).shape // [8, 64, 5, 9]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html
 */
export class AdaptiveAvgPool2d extends AdaptiveAvgPoolLayer {
  static {
    markBuiltIn(this, ({ outputSize }) => [outputSize])
  }

  readonly outputSize: readonly [number | null, number | null]

  /**
   * @param outputSize One size for both dimensions, or (height, width); null keeps the input's.
   * @throws ValueError when a size is no whole number of at least 1.
   */
  constructor(outputSize: OutputSize) {
    checkArguments(new.target.name, 1, arguments)
    const size = outputSizesOf('AdaptiveAvgPool2d', outputSize)
    super(2, size)
    this.outputSize = size
  }

  override extraRepr(): string {
    const [height, width] = this.outputSize
    return height === width ? String(height) : `(${height}, ${width})`
  }
}
