import {
  addedTo,
  type ArgsOf,
  flag,
  number,
  operation,
  optional,
  overwritten,
  read,
  typed,
} from './operation.js'

/**
 * out[o, r, c] = scale * src[o, i, c] + shift, where i is index[r], or with `each` index[o, r, c]. src is
 * (outer, srcRows, cols) of any dtype, out (outer, rows, cols) of the same (scale 1, shift 0), or, without
 * `each`, of a float one. With a `stride`, elements from a row of src to the next, which may begin inside
 * of it, src is srcRows rows of one dimension (outer 1, no `each`). An index outside [0, srcRows) raises `ERR_VALUE` before anything is written.
 */
export const gather = operation('src', {
  src: read,
  index: read,
  out: typed(overwritten),
  srcRows: number,
  rows: number,
  cols: number,
  scale: optional(number, 1),
  shift: optional(number, 0),
  outer: optional(number, 1),
  each: optional(flag, false),
  stride: optional(number, 0),
})
export type GatherArgs = ArgsOf<typeof gather>

/**
 * out = beta * out, then out[o, i, c] = src[o, r, c], or with `add` += src[o, r, c], for r < rows in order,
 * where i is index[r], or with `each` index[o, r, c], but not where that is paddingIndex (-1: none). out is
 * (outer, count, cols), src (outer, rows, cols), both of any one dtype; beta is 0, which reads nothing, or 1
 * for integers, whose sums wrap around. An index outside [0, count) raises `ERR_VALUE` before anything is
 * written.
 */
export const scatter = operation('out', {
  src: read,
  index: read,
  out: addedTo('beta'),
  rows: number,
  cols: number,
  count: number,
  paddingIndex: optional(number, -1),
  beta: number,
  outer: optional(number, 1),
  each: optional(flag, false),
  add: optional(flag, true),
})
export type ScatterArgs = ArgsOf<typeof scatter>

export const gatherOperations = { gather, scatter }
