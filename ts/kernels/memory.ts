import { type ArgsOf, number, operation, overwritten, read, typed } from './operation.js'

/**
 * out[r, :] = scale * src[index[r], :] + shift. src has srcRows rows of `cols` elements and any
 * dtype; out has the same dtype (scale 1, shift 0), or a float one (from uint8, int32 or a float).
 * An index outside [0, srcRows) raises `ERR_VALUE` before anything is written.
 */
export const gatherRows = operation('src', {
  src: read,
  index: read,
  out: typed(overwritten),
  srcRows: number,
  rows: number,
  cols: number,
  scale: number,
  shift: number,
})
export type GatherRowsArgs = ArgsOf<typeof gatherRows>

/** y[i] = value, of any dtype. */
export const fill = operation('y', {
  y: overwritten,
  n: number,
  value: number,
})
export type FillArgs = ArgsOf<typeof fill>

/** y[i] = x[i], of any one dtype. */
export const copy = operation('y', {
  x: read,
  y: overwritten,
  n: number,
})
export type CopyArgs = ArgsOf<typeof copy>

/** y[i] = scale * x[i] + shift, converted from any dtype to any. To integers it truncates and clamps
 * to the range; NaN becomes 0. */
export const cast = operation('x', {
  x: read,
  y: typed(overwritten),
  n: number,
  scale: number,
  shift: number,
})
export type CastArgs = ArgsOf<typeof cast>

export const memoryOperations = { gatherRows, fill, copy, cast }
