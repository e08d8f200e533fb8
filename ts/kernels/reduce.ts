import type { ReduceKind } from './kinds.js'
import { type ArgsOf, addedTo, code, number, overwritten, read, operation } from './operation.js'

/**
 * out (outer, inner) = reduce of x along n, + beta * out. sum and mean of n = 0 are 0 and NaN, max
 * and min -Infinity and Infinity; a NaN wins. The order of additions depends on the sizes alone.
 */
export const reduce = operation('x', {
  kind: code<ReduceKind>(),
  x: read,
  out: addedTo('beta'),
  outer: number,
  n: number,
  inner: number,
  beta: number,
})
export type ReduceArgs = ArgsOf<typeof reduce>

/** out (int32: outer, inner) = index of the largest element along n, the first among equals; a NaN
 * counts as the largest. n >= 1. */
export const argmax = operation('x', {
  x: read,
  out: overwritten,
  outer: number,
  n: number,
  inner: number,
})
export type ArgmaxArgs = ArgsOf<typeof argmax>

export const reduceOperations = { reduce, argmax }
