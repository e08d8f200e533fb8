import { type ArgsOf, flag, number, operation, overwritten, read } from './operation.js'

/**
 * The first k elements of each line of x (outer, n, inner) in order, and their places: values and indices
 * (int32) are (outer, k, inner). Equal elements keep their order, -0 and 0 are equal, NaN is larger than all
 * numbers. Of any dtype; k above n raises `ERR_SHAPE`.
 */
export const sort = operation('x', {
  x: read,
  values: overwritten,
  indices: overwritten,
  outer: number,
  n: number,
  inner: number,
  k: number,
  descending: flag,
})
export type SortArgs = ArgsOf<typeof sort>

export const sortOperations = { sort }
