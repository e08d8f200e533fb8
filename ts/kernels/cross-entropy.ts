import type { Reduction } from './kinds.js'
import {
  type ArgsOf,
  code,
  number,
  overwritten,
  read,
  readOrNull,
  typed,
  operation,
} from './operation.js'

/**
 * Cross entropy of logits (outer, classes, inner), PyTorch's CrossEntropyLoss. A sample is one of
 * outer x inner places.
 *
 * target int32 (outer, inner): class indices; samples whose index is ignoreIndex count for nothing.
 * With w = weight (classes) or 1, s = labelSmoothing, p = softmax(logits) along the classes:
 *   loss = -(1 - s) w[t] log p[t] - s / classes * sum_c w[c] log p[c],  mean divides by sum of w[t]
 * target of the logits' dtype (outer, classes, inner): q = (1 - s) target + s / classes,
 *   loss = -sum_c w[c] q[c] log p[c],  mean divides by the number of samples, by NaN without a class
 *
 * `loss` holds (outer, inner) elements for Reduction.none, else 1. `divisor` (1 element) receives what
 * the mean divides by (1 for sum and none), for the gradient.
 * A label outside [0, classes) that is not ignoreIndex raises `ERR_VALUE` before anything is written.
 */
export const crossEntropy = operation('logits', {
  logits: read,
  target: typed(read),
  weight: readOrNull,
  loss: overwritten,
  divisor: overwritten,
  outer: number,
  classes: number,
  inner: number,
  reduction: code<Reduction>(),
  ignoreIndex: number,
  labelSmoothing: number,
})
export type CrossEntropyArgs = ArgsOf<typeof crossEntropy>

/** Gradient of `crossEntropy` by the logits (of the sum of the losses for Reduction.none). */
export const crossEntropyGradient = operation('logits', {
  logits: read,
  target: typed(read),
  weight: readOrNull,
  divisor: read,
  gradLogits: overwritten,
  outer: number,
  classes: number,
  inner: number,
  ignoreIndex: number,
  labelSmoothing: number,
})
export type CrossEntropyGradientArgs = ArgsOf<typeof crossEntropyGradient>

export const crossEntropyOperations = { crossEntropy, crossEntropyGradient }
