import type { View } from './view.js'

/** Codes of native/ops/upsample2d.h. */
export const UpsampleMode = { nearest: 0, bilinear: 1 } as const
export type UpsampleMode = (typeof UpsampleMode)[keyof typeof UpsampleMode]

/** Sizes before and after, of `planes` = batch * channels images. */
export interface Upsample2dGeometry {
  readonly mode: UpsampleMode
  readonly planes: number
  readonly inHeight: number
  readonly inWidth: number
  readonly outHeight: number
  readonly outWidth: number
  /** What positions are divided by; 0: out / in. */
  readonly scaleHeight: number
  readonly scaleWidth: number
  /** bilinear: whether the first and the last elements lie on each other, whatever the scales. */
  readonly alignCorners: boolean
}

/**
 * Along each dimension, output o comes from
 * - nearest: element floor(o / scale), the last one at most;
 * - bilinear: the place p = (o + 0.5) / scale - 0.5 or, with alignCorners, o (in - 1) / (out - 1), kept
 *   within 0 and in - 1: (1 - w) times element i plus w times element i + 1, i = floor(p), w = p - i,
 *   where an element past the end counts as 0.
 */
export interface Upsample2dKernels {
  upsample2d(x: View, out: View, geometry: Upsample2dGeometry): void

  /** gradX = what each element of x is worth in the outputs, the sum of its weights times gradOut. */
  upsample2dGradient(gradOut: View, gradX: View, geometry: Upsample2dGeometry): void
}
