import type { View } from './view.js'

/** Sizes of images and of the pieces that are cut from them. */
export interface AugmentGeometry {
  readonly samples: number
  readonly channels: number
  readonly inHeight: number
  readonly inWidth: number
  readonly outHeight: number
  readonly outWidth: number
}

/** What may be drawn for a sample. */
export interface AugmentSettings {
  /** How far a piece may reach over the upper and lower, the left and right edges of its image. */
  readonly padHeight: number
  readonly padWidth: number
  /** Probability that a piece is mirrored. */
  readonly flip: number
  /** Probability that a rectangle of it is erased. */
  readonly erase: number
  /** The rectangle's share of the piece. */
  readonly area: readonly [low: number, high: number]
  /** Its height / width. */
  readonly ratio: readonly [low: number, high: number]
  /** What stands outside of an image. */
  readonly fill: number
  /** What stands where it is erased. */
  readonly value: number
}

/** Numbers that are kept for a sample. */
export const AUGMENT_DRAWN = 7

/**
 * Images (samples, channels, inHeight, inWidth) and pieces (samples, channels, outHeight, outWidth).
 *
 * Each sample draws two blocks of the generator, words w0 to w7; u(w) = (w >> 8) 2^-24, below(w, n) =
 * floor(w n / 2^32). `drawn` (int32: samples, 7) is of each
 *   y, x        below(w0, inHeight + 2 padHeight - outHeight + 1) - padHeight, and so on with w1
 *   mirrored    u(w2) < flip
 *   top, left, height, width   of the rectangle; 0 unless u(w3) < erase. With an area of
 *               (low + (high - low) u(w4)) outHeight outWidth and a ratio of
 *               low (1 + (r - 1) u(w5))^256, where r^256 = high / low: height = sqrt(area * ratio),
 *               width = sqrt(area / ratio), rounded, no more than the piece; its place below(w6, …),
 *               below(w7, …).
 * Element (i, j) of a piece that is not mirrored is `value` in the rectangle, else (i + y, j + x) of the
 * image, and `fill` where that lies outside; mirrored it is the element (i, outWidth - 1 - j) of that.
 */
export interface AugmentKernels {
  /** Draws, and computes out from x. `ERR_SHAPE` when no piece fits, before anything is written. */
  augment(
    state: View,
    x: View,
    drawn: View,
    out: View,
    geometry: AugmentGeometry,
    settings: AugmentSettings,
  ): void

  /** gradX from gradOut: each element of x has that of the element which shows it, or 0. */
  augmentGradient(drawn: View, gradOut: View, gradX: View, geometry: AugmentGeometry): void
}
