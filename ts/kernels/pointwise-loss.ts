import {
  type ArgsOf,
  code,
  flag,
  number,
  overwritten,
  read,
  readOrNull,
  operation,
} from './operation.js'

/**
 * Losses of each element by itself, of a prediction x and a target y; the codes of
 * native/cpu/tables/pointwise_loss.h. d = x - y, w = weight, p = positive weight, 1 where left out.
 */
export const PointwiseLossKind = {
  /** d^2 */
  mse: 0,
  /** d^2 / (2 parameter) where |d| < parameter, |d| - parameter / 2 elsewhere; 0 gives |d| */
  smoothL1: 1,
  /** d^2 / 2 where |d| < parameter, parameter (|d| - parameter / 2) elsewhere */
  huber: 2,
  /**
   * -w (y log x + (1 - y) log(1 - x)) with logarithms of at least -100; the gradient is
   * w d / max(x (1 - x), 1e-12)
   */
  bce: 3,
  /** -w (p y log s + (1 - y) log(1 - s)), s = sigmoid(x) */
  bceWithLogits: 4,
  /** y (log y - x), 0 where y = 0 */
  klDiv: 5,
  /** exp(y) (y - x), 0 where exp(y) = 0 */
  klDivLogTarget: 6,
  /** -y log x, 0 where y = 0; the gradient is -y / x, 0 where y = 0 */
  crossEntropy: 7,
} as const
export type PointwiseLossKind = (typeof PointwiseLossKind)[keyof typeof PointwiseLossKind]

/**
 * loss[i] = f(x[i], y[i]) for `eachElement`, else loss (1 element) = their sum / divisor. The
 * weights, n elements each, are read by the kinds that have them in their formula.
 * A bce or crossEntropy of an x outside [0, 1] raises `ERR_VALUE` before anything is written.
 */
export const pointwiseLoss = operation('loss', {
  kind: code<PointwiseLossKind>(),
  x: read,
  y: read,
  weight: readOrNull,
  positive: readOrNull,
  loss: overwritten,
  n: number,
  parameter: number,
  eachElement: flag,
  divisor: number,
})
export type PointwiseLossArgs = ArgsOf<typeof pointwiseLoss>

/**
 * gradX[i] = scale * df/dx(x[i], y[i]). At d = 0 the slope of |d| is 0. A bce or crossEntropy of an x
 * outside [0, 1] raises `ERR_VALUE` before anything is written.
 */
export const pointwiseLossGradient = operation('gradX', {
  kind: code<PointwiseLossKind>(),
  x: read,
  y: read,
  weight: readOrNull,
  positive: readOrNull,
  gradX: overwritten,
  n: number,
  parameter: number,
  scale: number,
})
export type PointwiseLossGradientArgs = ArgsOf<typeof pointwiseLossGradient>

export const pointwiseLossOperations = { pointwiseLoss, pointwiseLossGradient }
