import { type ArgsOf, flag, number, operation, overwritten, read, typed } from './operation.js'

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

/**
 * out[b, r, c] = x[b, r, c] where c - r <= diagonal, or >= with `upper`, and 0 elsewhere; of any one dtype,
 * (batch, rows, cols).
 */
export const triangle = operation('out', {
  x: read,
  out: overwritten,
  batch: number,
  rows: number,
  cols: number,
  diagonal: number,
  upper: flag,
})
export type TriangleArgs = ArgsOf<typeof triangle>

export const memoryOperations = { fill, copy, cast, triangle }
