import { type ArgsOf, overwritten, read, operation, sizes } from './operation.js'

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

const upsample2dGeometry = sizes<Upsample2dGeometry>(
  'mode',
  'planes',
  'inHeight',
  'inWidth',
  'outHeight',
  'outWidth',
  'scaleHeight',
  'scaleWidth',
  'alignCorners',
)

/*FILE DOC*/
/**
 * Along each dimension, output o comes from
 * - nearest: element floor(o / scale), the last one at most;
 * - bilinear: the place p = (o + 0.5) / scale - 0.5 or, with alignCorners, o (in - 1) / (out - 1), kept
 *   within 0 and in - 1: (1 - w) times element i plus w times element i + 1, i = floor(p), w = p - i,
 *   where an element past the end counts as 0.
 */

export const upsample2d = operation('out', {
  x: read,
  out: overwritten,
  geometry: upsample2dGeometry,
})
export type Upsample2dArgs = ArgsOf<typeof upsample2d>

/** gradX = what each element of x is worth in the outputs, the sum of its weights times gradOut. */
export const upsample2dGradient = operation('gradX', {
  gradOut: read,
  gradX: overwritten,
  geometry: upsample2dGeometry,
})
export type Upsample2dGradientArgs = ArgsOf<typeof upsample2dGradient>

export const upsample2dOperations = { upsample2d, upsample2dGradient }
