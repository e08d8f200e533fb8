import { type ArgsOf, code, number, overwritten, read, operation, sizes } from './operation.js'

/** What stands outside of an image; the codes of native/ops/pad2d.h. */
export const PadMode = {
  /** One value. */
  constant: 0,
  /** The image reflected at its outermost elements, which are not repeated. */
  reflect: 1,
  /** Its outermost elements. */
  replicate: 2,
  /** Its other side. */
  circular: 3,
} as const
export type PadMode = (typeof PadMode)[keyof typeof PadMode]

/** Sizes of a padding over `planes` = batch * channels images; negative pads crop. */
export interface Pad2dGeometry {
  readonly planes: number
  readonly inHeight: number
  readonly inWidth: number
  readonly padTop: number
  readonly padBottom: number
  readonly padLeft: number
  readonly padRight: number
}

const pad2dGeometry = sizes<Pad2dGeometry>(
  'planes',
  'inHeight',
  'inWidth',
  'padTop',
  'padBottom',
  'padLeft',
  'padRight',
)

/*FILE DOC*/
/**
 * A padded image has inHeight + padTop + padBottom rows and inWidth + padLeft + padRight columns. Its
 * element (i, j) shows s(i - padTop, inHeight), s(j - padLeft, inWidth) of the image: s(y, n) is y within
 * [0, n); outside of it
 *   reflect    -y or 2 (n - 1) - y
 *   replicate  0 or n - 1
 *   circular   y + n or y - n
 *   constant   nowhere: the element is `value`
 * `ERR_SHAPE` before anything is written when a padded size is negative, a reflected padding is not
 * smaller than the size, a circular one larger, or there is nothing to replicate.
 */
/** out = x padded; `value` is that of the constant mode. */
export const pad2d = operation('out', {
  x: read,
  out: overwritten,
  geometry: pad2dGeometry,
  mode: code<PadMode>(),
  value: number,
})
export type Pad2dArgs = ArgsOf<typeof pad2d>

/** gradX[e] = sum of gradOut over the elements that show e, in an order that the sizes fix. */
export const pad2dGradient = operation('gradX', {
  gradOut: read,
  gradX: overwritten,
  geometry: pad2dGeometry,
  mode: code<PadMode>(),
})
export type Pad2dGradientArgs = ArgsOf<typeof pad2dGradient>

export const pad2dOperations = { pad2d, pad2dGradient }
