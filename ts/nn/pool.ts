import { complaint, ShapeError, ValueError } from '../errors.js'
import type { Pool2dGeometry } from '../kernels/pool2d.js'
import { flag, type Option, type Values } from '../options.js'
import { checkFloat } from '../tensor/create.js'
import type { Shape, Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { Layer } from './layer.js'
import { type Pair, type Rank, sizes, type Sizes2d, sizesOf, sizesOption } from './pair.js'
import { planesOf } from './planes.js'

/** The windows of a pooling. */
export interface Windows2d {
  readonly kernelSize: Sizes2d
  readonly stride: Sizes2d
  readonly padding: Sizes2d
  readonly dilation: Sizes2d
  readonly ceilMode: boolean
}

/** What a pooling does with inputs of one shape. */
export interface PoolPlan {
  readonly geometry: Pool2dGeometry
  readonly outputShape: Shape
}

/** Layers of images or sequences; what depends on the shape alone is kept. */
export abstract class PoolLayer extends Layer {
  readonly #rank: Rank
  #inputShape: Shape | null = null
  #plan: PoolPlan | null = null

  constructor(rank: Rank) {
    super()
    this.#rank = rank
  }

  /** Sizes of the output of an image. */
  protected abstract plan(planes: number, height: number, width: number): Pool2dGeometry

  protected planOf(input: Tensor): PoolPlan {
    if (input.dtype !== 'float32') checkFloat(this.describe(), 'input', input.dtype)
    const { shape } = input
    if (this.#plan !== null && sameShape(shape, this.#inputShape!)) return this.#plan
    const rank = this.#rank
    const { planes, image, leading } = planesOf(this.describe(), rank, shape)
    const geometry = this.plan(planes, ...image)
    const { outHeight, outWidth } = geometry
    const pooled = rank === 2 ? [outHeight, outWidth] : [outWidth]
    this.#plan = { geometry, outputShape: Object.freeze([...leading, ...pooled]) }
    this.#inputShape = shape
    return this.#plan
  }
}

/** Poolings whose windows have one size. */
export abstract class WindowPoolLayer extends PoolLayer {
  readonly #rank: Rank
  readonly #windows: Windows2d

  constructor(rank: Rank, windows: Windows2d) {
    super(rank)
    this.#rank = rank
    this.#windows = windows
  }

  protected override plan(planes: number, height: number, width: number): Pool2dGeometry {
    return geometryOf(this.describe(), this.#rank, this.#windows, planes, height, width)
  }
}

/** What poolings take, all of it or some. */
interface WindowOptions<Size> {
  stride: Option<Size | undefined>
  padding: Option<Size>
  dilation: Option<Size>
  ceilMode: Option<boolean>
}

export function windowOptions<Size extends Pair>(rank: Rank): WindowOptions<Size> {
  return {
    stride: sizesOption(rank, 1),
    padding: sizesOption(rank, 0, 0),
    dilation: sizesOption(rank, 1, 1),
    ceilMode: flag(false),
  }
}

/**
 * The windows of a pooling from its options; one size is that of the width for rank 1, of both
 * dimensions for rank 2. PyTorch wants half a kernel of padding at most.
 */
export function windowsOf(
  who: string,
  rank: Rank,
  kernelSize: Pair,
  options: Omit<Values<WindowOptions<Pair>>, 'dilation'> & { dilation?: Pair },
): Windows2d {
  const { stride, padding: pad, dilation = 1, ceilMode } = options
  const pair = (what: string, value: Pair, least: number): Sizes2d =>
    sizesOf(who, what, rank, value, least)
  const kernel = pair('kernelSize', kernelSize, 1)
  const padding = pair('padding', pad, 0)
  if (2 * padding[0] > kernel[0] || 2 * padding[1] > kernel[1]) {
    throw new ValueError(
      complaint(
        who,
        'padding',
        'at most half of kernelSize, so that every window holds an element',
        `${sizes(padding, rank)} with kernelSize ${sizes(kernel, rank)}`,
      ),
    )
  }
  return {
    kernelSize: kernel,
    stride: stride === undefined ? kernel : pair('stride', stride, 1),
    padding,
    dilation: pair('dilation', dilation, 1),
    ceilMode,
  }
}

/**
 * The geometry of windows over an image.
 *
 * @throws ShapeError when a window is larger than the padded image, or holds nothing but padding.
 */
function geometryOf(
  who: string,
  rank: Rank,
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
    const what = rank === 2 ? 'images' : 'sequences'
    throw new ShapeError(
      complaint(
        who,
        'input',
        `${what} in which every window of ${sizes(kernelSize, rank)}, dilated by ` +
          `${sizes(dilation, rank)} and padded by ${sizes(padding, rank)}, fits and holds an element`,
        `${what} of ${sizes(image, rank)}`,
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
  const room = size + 2 * padding - dilation * (kernel - 1) - 1 + (ceilMode ? stride - 1 : 0)
  if (room < 0) return 0
  let count = Math.floor(room / stride) + 1
  // the last window has to begin within the image or the padding before it
  if (ceilMode && (count - 1) * stride >= size + padding) count -= 1
  // A window from within the image on holds its first element, so the last one tells for all of them.
  // One that begins in the padding meets the image's first `dilation` elements; with half a kernel of
  // padding at most that misses it only where a single step leads across, at the first window.
  const holds = (i: number): boolean => {
    const start = i * stride - padding
    const first = start < 0 ? start + Math.ceil(-start / dilation) * dilation : start
    return first < size && first <= start + dilation * (kernel - 1)
  }
  return holds(0) && holds(count - 1) ? count : 0
}
