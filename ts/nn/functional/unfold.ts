import { checkArguments } from '../../check.js'
import { complaint, ShapeError } from '../../errors.js'
import { type Options, readOptions } from '../../options.js'
import { stack } from '../../ops/cat.js'
import { slice } from '../../ops/part.js'
import { formatShape, type Tensor } from '../../tensor/tensor.js'
import { ZeroPad2d } from '../pad2d.js'
import { type Pair, pairOf, sizes, sizesOption } from '../pair.js'
import { checkInput } from './applied.js'

export interface UnfoldOptions {
  /** Distance of a patch's elements. Default 1. */
  dilation?: Pair
  /** Zeros around the image. Default 0. */
  padding?: Pair
  /** Distance of the patches. Default 1. */
  stride?: Pair
}

export const UNFOLD = {
  dilation: sizesOption<Pair>(2, 1, 1),
  padding: sizesOption<Pair>(2, 0, 0),
  stride: sizesOption<Pair>(2, 1, 1),
} satisfies Options<UnfoldOptions>

/**
 * The patches of images as columns.
 *
 * Shapes: x (N, C, H, W) or (C, H, W), result (N, C kH kW, L) or (C kH kW, L) for L patches.
 *
 * @throws ShapeError for images smaller than a patch.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.unfold.html
 */
export function unfold(x: Tensor, kernelSize: Pair, options?: UnfoldOptions): Tensor {
  const who = 'unfold'
  checkArguments(who, 3, arguments)
  checkInput(who, x)
  const given = readOptions(who, UNFOLD, options)
  const pair = (what: keyof typeof given, least: number) => pairOf(who, what, given[what], least)
  const kernel = pairOf(who, 'kernelSize', kernelSize, 1)
  const [dilation, padding, stride] = [pair('dilation', 1), pair('padding', 0), pair('stride', 1)]
  if (x.ndim !== 3 && x.ndim !== 4) {
    const got = `shape ${formatShape(x.shape)}`
    throw new ShapeError(complaint(who, 'the input', 'shape (N, C, H, W) or (C, H, W)', got))
  }
  const image = x.shape.slice(-2)
  const reach = kernel.map((size, side) => dilation[side as 0 | 1] * (size - 1) + 1)
  const counts = image.map((size, side) => {
    const at = side as 0 | 1
    return Math.floor((size + 2 * padding[at] - reach[side]!) / stride[at]) + 1
  })
  if (counts.some((count) => count < 1)) {
    const expected = `at least as large as a patch, which covers ${sizes([reach[0]!, reach[1]!])}`
    const got = `${formatShape(image)} with a padding of ${sizes(padding)}`
    throw new ShapeError(complaint(who, 'the images', expected, got))
  }
  const [above, left] = padding
  const around = above + left > 0 ? new ZeroPad2d([left, left, above, above]).forward(x) : x
  /** What the element of all patches at a place along a side is. */
  const cut = (from: Tensor, side: 0 | 1, place: number): Tensor => {
    const start = place * dilation[side]
    return slice(
      from,
      side - 2,
      start,
      start + (counts[side]! - 1) * stride[side] + 1,
      stride[side],
    )
  }
  const rows = Array.from({ length: kernel[0] }, (_, i) => cut(around, 0, i))
  const places = rows.flatMap((row) => Array.from({ length: kernel[1] }, (_, j) => cut(row, 1, j)))
  const leading = x.shape.slice(0, -3)
  const columns = x.shape.at(-3)! * places.length
  return stack(places, -3).reshape([...leading, columns, counts[0]! * counts[1]!])
}
