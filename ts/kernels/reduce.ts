import type { ReduceKind } from './kinds.js'
import {
  type ArgsOf,
  addedTo,
  code,
  flag,
  number,
  operation,
  optional,
  overwritten,
  overwrittenOver,
  read,
} from './operation.js'

/**
 * out (outer, inner) = reduce of x along n, + beta * out. Of n = 0 sum, product and mean are 0, 1
 * and NaN, max and min -Infinity and Infinity; a NaN wins. The order of additions depends on the sizes alone.
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

/** out (int32: outer, inner) = index of the largest (or smallest) element along n, the first among
 * equals; a NaN counts as it. n >= 1. */
export const argmax = operation('x', {
  x: read,
  out: overwritten,
  outer: number,
  n: number,
  inner: number,
  smallest: optional(flag, false),
})
export type ArgmaxArgs = ArgsOf<typeof argmax>

/**
 * y[j] = x[0] + ... + x[j] along n of x (outer, n, inner), or the product of them. `reverse`: of x[j] to
 * x[n - 1]; `exclusive`: without x[j] itself, so that it begins with 0 or 1. Added up in double precision.
 */
export const scan = operation('x', {
  /** sum or product */
  kind: code<ReduceKind>(),
  x: read,
  y: overwrittenOver('x'),
  outer: number,
  n: number,
  inner: number,
  reverse: optional(flag, false),
  exclusive: optional(flag, false),
})
export type ScanArgs = ArgsOf<typeof scan>

export const reduceOperations = { reduce, argmax, scan }
