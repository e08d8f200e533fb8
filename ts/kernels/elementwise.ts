import type { UnaryKind, BinaryKind, Broadcast } from './kinds.js'
import {
  type ArgsOf,
  addedTo,
  code,
  number,
  overwrittenOver,
  read,
  operation,
} from './operation.js'

/** y[i] = f(x[i]). Results of exp, expm1, log, log1p, tanh, erf, sin and cos are within 2 ulp. */
export const unary = operation('y', {
  kind: code<UnaryKind>(),
  x: read,
  y: overwrittenOver('x'),
  n: number,
})
export type UnaryArgs = ArgsOf<typeof unary>

/** out[r, c] = f(a[r, c], b[...]) for a (rows, cols); see Broadcast. pow is within 2 ulp. */
export const binary = operation('out', {
  kind: code<BinaryKind>(),
  broadcast: code<Broadcast>(),
  a: read,
  b: read,
  out: overwrittenOver('a'),
  rows: number,
  cols: number,
})
export type BinaryArgs = ArgsOf<typeof binary>

/** y[i] = scale * x[i] + shift. */
export const affine = operation('y', {
  x: read,
  y: overwrittenOver('x'),
  n: number,
  scale: number,
  shift: number,
})
export type AffineArgs = ArgsOf<typeof affine>

/** y[i] = alpha * x[i] + beta * y[i]; beta = 0 writes y without reading it. */
export const axpby = operation('y', {
  x: read,
  y: addedTo('beta'),
  n: number,
  alpha: number,
  beta: number,
})
export type AxpbyArgs = ArgsOf<typeof axpby>

export const elementwiseOperations = { unary, binary, affine, axpby }
