import { kernels } from '../kernels/backend.js'
import type { Pool2dGeometry } from '../kernels/pool2d.js'
import type { Tensor } from '../tensor/tensor.js'
import { allocate, Workspace } from '../tensor/workspace.js'
import { markBuiltIn } from './layer.js'
import type { Pair } from './pair.js'
import { geometryOf, Pool2dLayer, sizes, type Sizes2d, windowsOf } from './pool2d.js'

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
export class MaxPool2d extends Pool2dLayer {
  static {
    markBuiltIn(this)
  }

  readonly kernelSize: Sizes2d
  readonly stride: Sizes2d
  readonly padding: Sizes2d
  readonly dilation: Sizes2d
  readonly ceilMode: boolean
  /** Holds the indices from forward to backward; reused by the next forward. */
  readonly #kept = new Workspace()
  #indices: Tensor | null = null

  /**
   * @throws ValueError when a size is out of range.
   */
  constructor(kernelSize: Pair, options: MaxPool2dOptions = {}) {
    super()
    const windows = windowsOf('MaxPool2d', kernelSize, options)
    this.kernelSize = windows.kernelSize
    this.stride = windows.stride
    this.padding = windows.padding
    this.dilation = windows.dilation
    this.ceilMode = windows.ceilMode
  }

  /** The indices are needed too. */
  override get repeatable(): boolean {
    return false
  }

  /**
   * Where the elements of the last output stood, as y * W + x within their image: int32, of the
   * output's shape. The next forward overwrites it; null before the first.
   */
  get indices(): Tensor | null {
    return this.#indices
  }

  protected override plan(planes: number, height: number, width: number): Pool2dGeometry {
    return geometryOf(this.describe(), this, planes, height, width)
  }

  protected override computeOutput(input: Tensor): Tensor {
    const { geometry, outputShape } = this.planOf(input)
    const output = allocate(outputShape, input.dtype)
    this.#kept.rewind()
    const indices = this.#kept.take(outputShape, 'int32')
    kernels().maxPool2d(input, output, indices, geometry)
    this.#indices = indices
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const { geometry } = this.planOf(input)
    const gradInput = allocate(input.shape, input.dtype)
    kernels().maxPool2dGradient(gradOutput, this.#indices!, gradInput, geometry)
    return gradInput
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding, dilation, ceilMode } = this
    return (
      `kernelSize=${sizes(kernelSize)}, stride=${sizes(stride)}, padding=${sizes(padding)}, ` +
      `dilation=${sizes(dilation)}, ceilMode=${ceilMode}`
    )
  }
}
