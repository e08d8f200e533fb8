import { checkArguments } from '../check.js'
import { type Options, readOptions } from '../options.js'
import { AdaptiveAvgPoolLayer, averageOptions, AvgPoolLayer } from './avg-pool.js'
import { markBuiltIn } from './built-in.js'
import { sizeOf } from './pair.js'
import { windowsOf } from './pool.js'

export interface AvgPool1dOptions {
  /** Distance of the windows. Default: kernelSize. */
  stride?: number
  /** Zeros before and after the sequence; at most half of kernelSize. Default 0. */
  padding?: number
  /** Whether a last window may reach past the sequence. Default false. */
  ceilMode?: boolean
  /** Whether the zeros of the padding count as elements. Default true. */
  countIncludePad?: boolean
}

const OPTIONS = averageOptions<number>(1) satisfies Options<AvgPool1dOptions>

/**
 * The average of each window of a sequence.
 *
 * Shapes: input (N, C, L) or (C, L), output (N, C, Lout) or (C, Lout),
 * Lout = floor((L + 2 padding - kernelSize) / stride) + 1, with ceil instead of floor for `ceilMode`,
 * but no window that begins in the padding after the sequence. What a window reaches past the padding
 * never counts. float32 or float64.
 *
 * @example
 * new nn.AvgPool1d(3, { stride: 2 }).forward(randn([20, 16, 50])).shape // [20, 16, 24]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AvgPool1d.html
 */
export class AvgPool1d extends AvgPoolLayer {
  static {
    markBuiltIn(this, ({ kernelSize, stride, padding, ceilMode, countIncludePad }) => [
      kernelSize,
      { stride, padding, ceilMode, countIncludePad },
    ])
  }

  readonly kernelSize: number
  readonly stride: number
  readonly padding: number
  readonly ceilMode: boolean

  /**
   * @throws ValueError when a size is out of range.
   */
  constructor(kernelSize: number, options: AvgPool1dOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    const given = readOptions('AvgPool1d', OPTIONS, options)
    const windows = windowsOf('AvgPool1d', 1, kernelSize, given)
    super(1, windows, given.countIncludePad)
    this.kernelSize = windows.kernelSize[1]
    this.stride = windows.stride[1]
    this.padding = windows.padding[1]
    this.ceilMode = windows.ceilMode
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding } = this
    return `kernelSize=${kernelSize}, stride=${stride}, padding=${padding}`
  }
}

/**
 * The average of windows whose sizes follow from the length that the output should have: window i of
 * n covers floor(i L / n) to ceil((i + 1) L / n). A length of 1 is the global average.
 *
 * Shapes: input (N, C, L) or (C, L), output (N, C, outputSize) or (C, outputSize). float32 or float64.
 *
 * @example
 * new nn.AdaptiveAvgPool1d(5).forward(randn([1, 64, 8])).shape // [1, 64, 5]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool1d.html
 */
export class AdaptiveAvgPool1d extends AdaptiveAvgPoolLayer {
  static {
    markBuiltIn(this, ({ outputSize }) => [outputSize])
  }

  readonly outputSize: number

  /**
   * @throws ValueError when the size is no whole number of at least 1.
   */
  constructor(outputSize: number) {
    checkArguments(new.target.name, 1, arguments)
    const size = sizeOf('AdaptiveAvgPool1d', 'outputSize', outputSize, 1)
    super(1, [1, size])
    this.outputSize = size
  }

  override extraRepr(): string {
    return String(this.outputSize)
  }
}
