import { complaint, ShapeError, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import type { Pool2dGeometry } from '../kernels/pool2d.js'
import type { Tensor } from '../tensor/tensor.js'
import { allocate } from '../tensor/workspace.js'
import { markBuiltIn } from './layer.js'
import { type Pair, pairOf } from './pair.js'
import {
  geometryOf,
  Pool2dLayer,
  sizes,
  type Sizes2d,
  type Windows2d,
  windowsOf,
} from './pool2d.js'

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
export class AvgPool2d extends Pool2dLayer {
  static {
    markBuiltIn(this)
  }

  readonly kernelSize: Sizes2d
  readonly stride: Sizes2d
  readonly padding: Sizes2d
  readonly ceilMode: boolean
  readonly countIncludePad: boolean
  readonly divisorOverride: number | undefined
  readonly #windows: Windows2d

  /**
   * @throws ValueError when a size or `divisorOverride` is out of range.
   */
  constructor(kernelSize: Pair, options: AvgPool2dOptions = {}) {
    super()
    const { stride, padding, ceilMode, countIncludePad = true, divisorOverride } = options
    if (divisorOverride !== undefined && !(divisorOverride > 0 && divisorOverride < Infinity)) {
      throw new ValueError(
        complaint('AvgPool2d', 'divisorOverride', 'a number above 0', String(divisorOverride)),
      )
    }
    this.#windows = windowsOf('AvgPool2d', kernelSize, { stride, padding, ceilMode })
    this.kernelSize = this.#windows.kernelSize
    this.stride = this.#windows.stride
    this.padding = this.#windows.padding
    this.ceilMode = this.#windows.ceilMode
    this.countIncludePad = countIncludePad
    this.divisorOverride = divisorOverride
  }

  protected override plan(planes: number, height: number, width: number): Pool2dGeometry {
    return geometryOf(this.describe(), this.#windows, planes, height, width)
  }

  protected override computeOutput(input: Tensor): Tensor {
    const { geometry, outputShape } = this.planOf(input)
    const output = allocate(outputShape, input.dtype)
    kernels().avgPool2d(input, output, geometry, this.countIncludePad, this.divisorOverride ?? 0)
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const { geometry } = this.planOf(input)
    const gradInput = allocate(input.shape, input.dtype)
    const { countIncludePad, divisorOverride = 0 } = this
    kernels().avgPool2dGradient(gradOutput, gradInput, geometry, countIncludePad, divisorOverride)
    return gradInput
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding } = this
    return `kernelSize=${sizes(kernelSize)}, stride=${sizes(stride)}, padding=${sizes(padding)}`
  }
}

/** A size of the output, or null for that of the input. */
type OutputSize = number | null | readonly [number | null, number | null]

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
export class AdaptiveAvgPool2d extends Pool2dLayer {
  static {
    markBuiltIn(this)
  }

  readonly outputSize: readonly [number | null, number | null]

  /**
   * @param outputSize One size for both dimensions, or (height, width); null keeps the input's.
   * @throws ValueError when a size is no whole number of at least 1.
   */
  constructor(outputSize: OutputSize) {
    super()
    const [height, width] =
      typeof outputSize === 'number' || outputSize === null ? [outputSize, outputSize] : outputSize
    pairOf('AdaptiveAvgPool2d', 'outputSize', [height ?? 1, width ?? 1], 1)
    this.outputSize = Object.freeze([height, width] as const)
  }

  protected override plan(planes: number, inHeight: number, inWidth: number): Pool2dGeometry {
    if (inHeight === 0 || inWidth === 0) {
      throw new ShapeError(
        complaint(
          this.describe(),
          'input',
          'images of at least one pixel',
          `images of ${sizes([inHeight, inWidth])}`,
        ),
      )
    }
    const [outHeight, outWidth] = [this.outputSize[0] ?? inHeight, this.outputSize[1] ?? inWidth]
    return {
      planes,
      inHeight,
      inWidth,
      outHeight,
      outWidth,
      kernelHeight: 1,
      kernelWidth: 1,
      strideHeight: 1,
      strideWidth: 1,
      padTop: 0,
      padLeft: 0,
      dilationHeight: 1,
      dilationWidth: 1,
    }
  }

  protected override computeOutput(input: Tensor): Tensor {
    const { geometry, outputShape } = this.planOf(input)
    const output = allocate(outputShape, input.dtype)
    const { planes, inHeight, inWidth, outHeight, outWidth } = geometry
    kernels().adaptiveAvgPool2d(input, output, planes, inHeight, inWidth, outHeight, outWidth)
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const { planes, inHeight, inWidth, outHeight, outWidth } = this.planOf(input).geometry
    const gradInput = allocate(input.shape, input.dtype)
    kernels().adaptiveAvgPool2dGradient(
      gradOutput,
      gradInput,
      planes,
      inHeight,
      inWidth,
      outHeight,
      outWidth,
    )
    return gradInput
  }

  override extraRepr(): string {
    const [height, width] = this.outputSize
    return height === width ? String(height) : `(${height}, ${width})`
  }
}
