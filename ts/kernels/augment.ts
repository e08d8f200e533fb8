import {
  type ArgsOf,
  number,
  operation,
  optional,
  overwritten,
  read,
  sizes,
  updated,
} from './operation.js'

/** Sizes of images and of the pieces that are cut from them. */
export interface AugmentGeometry {
  readonly samples: number
  readonly channels: number
  readonly inHeight: number
  readonly inWidth: number
  readonly outHeight: number
  readonly outWidth: number
}

/** Numbers that are kept for a sample. */
export const AUGMENT_DRAWN = 7

const geometry = sizes<AugmentGeometry>(
  'samples',
  'channels',
  'inHeight',
  'inWidth',
  'outHeight',
  'outWidth',
)

/**
 * Images (samples, channels, inHeight, inWidth) and pieces (samples, channels, outHeight, outWidth).
 *
 * Each sample draws two blocks of the generator, words w0 to w7; u(w) = (w >> 8) 2^-24, below(w, n) =
 * floor(w n / 2^32). `drawn` (int32: samples, 7) is of each
 *   y, x        below(w0, inHeight + 2 padHeight - outHeight + 1) - padHeight, and so on with w1
 *   mirrored    u(w2) < flip
 *   top, left, height, width   of the rectangle; 0 unless u(w3) < erase. With an area of
 *               (areaLow + (areaHigh - areaLow) u(w4)) outHeight outWidth and a ratio of
 *               ratioLow (1 + (ratioRoot - 1) u(w5))^256: height = sqrt(area * ratio),
 *               width = sqrt(area / ratio), rounded, no more than the piece; its place below(w6, …),
 *               below(w7, …).
 * Element (i, j) of a piece that is not mirrored is `value` in the rectangle, else (i + y, j + x) of the
 * image, and `fill` where that lies outside; mirrored it is the element (i, outWidth - 1 - j) of that.
 * `ERR_SHAPE` when no piece fits, before anything is written.
 */
export const augment = operation('out', {
  state: updated,
  x: read,
  drawn: overwritten,
  out: overwritten,
  geometry,
  /** How far a piece may reach over the upper and lower, the left and right edges of its image. */
  padHeight: number,
  padWidth: number,
  /** Probability that a piece is mirrored. */
  flip: number,
  /** Probability that a rectangle of it is erased. */
  erase: number,
  /** The rectangle's share of the piece. */
  areaLow: number,
  areaHigh: number,
  /** Its height / width: from ratioLow to ratioRoot^256 times that. */
  ratioLow: number,
  ratioRoot: number,
  /** What stands outside of an image. */
  fill: number,
  /** What stands where it is erased. */
  value: number,
  /** Samples of a whole batch that draw before these and after them. */
  before: optional(number, 0),
  after: optional(number, 0),
})
export type AugmentArgs = ArgsOf<typeof augment>

/** What may be drawn for a sample. */
export type AugmentSettings = Omit<
  AugmentArgs,
  'state' | 'x' | 'drawn' | 'out' | 'geometry' | 'before' | 'after'
>

/** Rectangles with these shares of the piece, and with these height / width. */
export const erasing = (
  [areaLow, areaHigh]: readonly [low: number, high: number],
  [ratioLow, ratioHigh]: readonly [low: number, high: number],
): Pick<AugmentSettings, 'areaLow' | 'areaHigh' | 'ratioLow' | 'ratioRoot'> => ({
  areaLow,
  areaHigh,
  ratioLow,
  ratioRoot: (ratioHigh / ratioLow) ** (1 / 256),
})

/** gradX from gradOut: each element of x has that of the element which shows it, or 0. */
export const augmentGradient = operation('gradX', {
  drawn: read,
  gradOut: read,
  gradX: overwritten,
  geometry,
})
export type AugmentGradientArgs = ArgsOf<typeof augmentGradient>

export const augmentOperations = { augment, augmentGradient }
