import type { Reduction } from './kinds.js'
import type { View } from './view.js'

export interface NllKernels {
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
  nll(
    logProbabilities: View,
    target: View,
    weight: View | null,
    loss: View,
    divisor: View,
    outer: number,
    classes: number,
    inner: number,
    reduction: Reduction,
    ignoreIndex: number,
  ): void

  /** Gradient of `nll`: grad[o, t, i] = -w[t] / divisor, all others 0. */
  nllGradient(
    target: View,
    weight: View | null,
    divisor: View,
    grad: View,
    outer: number,
    classes: number,
    inner: number,
    ignoreIndex: number,
  ): void
}
