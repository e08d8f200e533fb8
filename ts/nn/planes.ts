import { complaint, ShapeError } from '../errors.js'
import { formatShape, type Shape } from '../tensor/tensor.js'
import type { Rank, Sizes2d } from './pair.js'

/** An input as images, one a channel of a sample; sequences are images of one row. */
export interface Planes {
  readonly planes: number
  /** Height and width of each. */
  readonly image: Sizes2d
  /** The dimensions before: (N, C) or (C). */
  readonly leading: Shape
}

/** @throws ShapeError, with `who` naming the layer, for an input of another rank. */
export function planesOf(who: string, rank: Rank, shape: Shape): Planes {
  const leading = shape.slice(0, -rank)
  if (leading.length !== 1 && leading.length !== 2) {
    throw new ShapeError(
      complaint(
        who,
        'input',
        rank === 2 ? 'shape (N, C, H, W) or (C, H, W)' : 'shape (N, C, L) or (C, L)',
        `shape ${formatShape(shape)}`,
      ),
    )
  }
  const planes = leading.reduce((product, size) => product * size, 1)
  return { planes, image: [rank === 2 ? shape.at(-2)! : 1, shape.at(-1)!], leading }
}
