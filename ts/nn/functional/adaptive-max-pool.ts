import { checkArguments } from '../../check.js'
import { complaint, ShapeError } from '../../errors.js'
import { stack } from '../../ops/cat.js'
import { max } from '../../ops/extremes.js'
import { narrow } from '../../ops/part.js'
import type { Tensor } from '../../tensor/tensor.js'
import { type Pair, pairOf, sizes } from '../pair.js'
import { planesOf } from '../planes.js'
import { checkInput } from './applied.js'

/** A size of the output, or null for that of the input. */
export type OutputSize = number | null | readonly [number | null, number | null]

/** @throws ValueError unless they are whole numbers ≥ 1 or null. */
export function outputSizesOf(
  who: string,
  outputSize: OutputSize,
): readonly [number | null, number | null] {
  const pair: readonly unknown[] = Array.isArray(outputSize) ? outputSize : [outputSize, outputSize]
  const [height, width] = pair as readonly [number | null, number | null]
  if (pair.length !== 2) pairOf(who, 'outputSize', outputSize as Pair, 1)
  pairOf(who, 'outputSize', [height ?? 1, width ?? 1], 1)
  return Object.freeze([height, width] as const)
}

/** The largest of window i of n along a dimension, from floor(i size / n) to ceil((i + 1) size / n). */
function largest(x: Tensor, dim: number, n: number): Tensor {
  const size = x.shape.at(dim)!
  if (n === size) return x
  const windows = Array.from({ length: n }, (_, i) => {
    const start = Math.floor((i * size) / n)
    const end = Math.ceil(((i + 1) * size) / n)
    return max(narrow(x, dim, start, end - start), dim).values
  })
  return stack(windows, dim)
}

/**
 * The largest element of windows whose sizes follow from the size that the output should have, as those of
 * `adaptiveAvgPool2d`; a NaN wins. The gradient goes to the first among equals.
 *
 * Shapes: x (N, C, H, W) or (C, H, W), result (N, C, *outputSize) or (C, *outputSize).
 *
 * @param outputSize One size for both dimensions, or (height, width); null keeps the input's.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html
 */
export function adaptiveMaxPool2d(x: Tensor, outputSize: OutputSize): Tensor {
  const who = 'adaptiveMaxPool2d'
  checkArguments(who, 2, arguments)
  checkInput(who, x)
  const [height, width] = outputSizesOf(who, outputSize)
  const { image } = planesOf(who, 2, x.shape)
  if (image.includes(0)) {
    const expected = 'images of at least one pixel'
    throw new ShapeError(complaint(who, 'the input', expected, `images of ${sizes(image)}`))
  }
  // Rows first, so that of equal elements the first in the order of rows is taken.
  return largest(largest(x, -1, width ?? image[1]), -2, height ?? image[0])
}
