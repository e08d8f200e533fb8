import { complaint, ShapeError, ValueError } from '../errors.js'
import type { Pool2dGeometry } from '../kernels/pool2d.js'
import { checkFloat } from '../tensor/create.js'
import { formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { Layer } from './layer.js'
import { type Pair, pairOf } from './pair.js'

export type Sizes2d = readonly [number, number]

/** Of the modules that pool windows of one size. */
export interface Windows2d {
  readonly kernelSize: Sizes2d
  readonly stride: Sizes2d
  readonly padding: Sizes2d
  readonly dilation: Sizes2d
  readonly ceilMode: boolean
}

/** What a pooling does with inputs of one shape. */
export interface Pool2dPlan {
  readonly geometry: Pool2dGeometry
  readonly outputShape: Shape
}

/** Layers of images (N, C, H, W) or (C, H, W); what depends on the shape alone is kept. */
export abstract class Pool2dLayer extends Layer {
  #inputShape: Shape | null = null
  #plan: Pool2dPlan | null = null

  /** Sizes of the output of an image. */
  protected abstract plan(planes: number, height: number, width: number): Pool2dGeometry

  protected planOf(input: Tensor): Pool2dPlan {
    if (input.dtype !== 'float32') checkFloat(this.describe(), 'input', input.dtype)
    const { shape } = input
    if (this.#plan !== null && sameShape(shape, this.#inputShape!)) return this.#plan
    const { length } = shape
    if (length !== 3 && length !== 4) {
      throw new ShapeError(
        complaint(
          this.describe(),
          'input',
          'shape (N, C, H, W) or (C, H, W)',
          `shape ${formatShape(shape)}`,
        ),
      )
    }
    const leading = shape.slice(0, -2)
    const planes = leading.reduce((product, size) => product * size, 1)
    const geometry = this.plan(planes, shape[length - 2]!, shape[length - 1]!)
    const outputShape = Object.freeze([...leading, geometry.outHeight, geometry.outWidth])
    this.#plan = { geometry, outputShape }
    this.#inputShape = shape
    return this.#plan
  }
}

/** The windows of a pooling from its options. PyTorch wants half a kernel of padding at most. */
export function windowsOf(
  who: string,
  kernelSize: Pair,
  options: {
    stride?: Pair | undefined
    padding?: Pair | undefined
    dilation?: Pair | undefined
    ceilMode?: boolean | undefined
  },
): Windows2d {
  const kernel = pairOf(who, 'kernelSize', kernelSize, 1)
  const padding = pairOf(who, 'padding', options.padding ?? 0, 0)
  if (2 * padding[0] > kernel[0] || 2 * padding[1] > kernel[1]) {
    throw new ValueError(
      complaint(
        who,
        'padding',
        'at most half of kernelSize, so that every window holds an element',
        `${sizes(padding)} with kernelSize ${sizes(kernel)}`,
      ),
    )
  }
  return {
    kernelSize: kernel,
    stride: pairOf(who, 'stride', options.stride ?? kernelSize, 1),
    padding,
    dilation: pairOf(who, 'dilation', options.dilation ?? 1, 1),
    ceilMode: options.ceilMode ?? false,
  }
}

/**
 * The geometry of windows over an image.
 *
 * @throws ShapeError when a window is larger than the padded image, or holds nothing but padding.
 */
export function geometryOf(
  who: string,
  windows: Windows2d,
  planes: number,
  inHeight: number,
  inWidth: number,
): Pool2dGeometry {
  const { kernelSize, stride, padding, dilation, ceilMode } = windows
  const image = [inHeight, inWidth] as const
  const out = ([0, 1] as const).map((axis) =>
    windowsAlong(
      image[axis],
      kernelSize[axis],
      stride[axis],
      padding[axis],
      dilation[axis],
      ceilMode,
    ),
  )
  if (out.includes(0)) {
    throw new ShapeError(
      complaint(
        who,
        'input',
        `images in which every window of ${sizes(kernelSize)}, dilated by ${sizes(dilation)} and ` +
          `padded by ${sizes(padding)}, fits and holds an element`,
        `images of ${sizes(image)}`,
      ),
    )
  }
  return {
    planes,
    inHeight,
    inWidth,
    outHeight: out[0]!,
    outWidth: out[1]!,
    kernelHeight: kernelSize[0],
    kernelWidth: kernelSize[1],
    strideHeight: stride[0],
    strideWidth: stride[1],
    padTop: padding[0],
    padLeft: padding[1],
    dilationHeight: dilation[0],
    dilationWidth: dilation[1],
  }
}

/** How many windows there are along one dimension; 0 where there is none or one holds no element. */
function windowsAlong(
  size: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
  ceilMode: boolean,
): number {
  const room = size + 2 * padding - dilation * (kernel - 1) - 1
  if (room < 0) return 0
  let count = Math.floor((room + (ceilMode ? stride - 1 : 0)) / stride) + 1
  // the last window has to begin within the image or the padding before it
  if (ceilMode && (count - 1) * stride >= size + padding) count -= 1
  for (let i = 0; i < count; i++) {
    const start = i * stride - padding
    const first = start < 0 ? start + Math.ceil(-start / dilation) * dilation : start
    if (first >= size || first > start + dilation * (kernel - 1)) return 0
  }
  return count
}

/** `3`, or `(3, 2)` for different sizes. */
export function sizes([height, width]: Sizes2d): string {
  return height === width ? String(height) : `(${height}, ${width})`
}
