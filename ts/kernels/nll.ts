import type { Reduction } from './kinds.js'
import { type ArgsOf, code, number, overwritten, read, readOrNull, operation } from './operation.js'

/**
 * Negative log likelihood of log-probabilities x (outer, classes, inner), PyTorch's NLLLoss: for each
 * target t (int32: outer, inner) that is not ignoreIndex
 *   loss[o, i] = -w[t] x[o, t, i],   mean divides by the sum of w[t]
 * with w = weight (classes) or 1; 0 where t is ignoreIndex or w[t] is 0.
 *
 * `loss` holds outer * inner elements for Reduction.none, else 1. `divisor` (1 element) receives
 * what the mean divides by (1 for sum and none), for the gradient.
 * A label outside [0, classes) that is not ignoreIndex raises `ERR_VALUE` before anything is written.
 */
export const nll = operation('logProbabilities', {
  logProbabilities: read,
  target: read,
  weight: readOrNull,
  loss: overwritten,
  divisor: overwritten,
  outer: number,
  classes: number,
  inner: number,
  reduction: code<Reduction>(),
  ignoreIndex: number,
})
export type NllArgs = ArgsOf<typeof nll>

/** Gradient of `nll`: grad[o, t, i] = -w[t] / divisor, all others 0. */
export const nllGradient = operation('grad', {
  target: read,
  weight: readOrNull,
  divisor: read,
  grad: overwritten,
  outer: number,
  classes: number,
  inner: number,
  ignoreIndex: number,
})
export type NllGradientArgs = ArgsOf<typeof nllGradient>

export const nllOperations = { nll, nllGradient }
