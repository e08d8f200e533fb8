import { PointwiseLossKind } from '../../ts/kernels/pointwise-loss.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import { roundoff, smallestNormal } from './tolerance.js'

/** One element of a pointwise loss: prediction, target, weights, parameter. */
export interface LossElement {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly p: number
  readonly c: number
}

const softplus = (x: number): number => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)))
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
const clamped = (log: number): number => Math.min(100, Math.abs(log))

/**
 * Error of one loss of size `loss`, in units of u: the roundings of the formula, each relative to what
 * it rounds. exp and log are within 2 ulp (4 u), parameters are cast to the dtype (u). Formulas that
 * meet at a bend agree there to u^2, so either side's error covers both.
 */
function lossError(kind: PointwiseLossKind, { x, y, w, p, c }: LossElement, loss: number): number {
  const d = Math.abs(x - y)
  switch (kind) {
    case PointwiseLossKind.mse:
      // a difference, which the square counts twice, and the square
      return 3 * loss
    case PointwiseLossKind.smoothL1:
      // the square: d twice, c, two products, a quotient; the line: d, c, its half, a difference. At
      // the bend the line's terms are three times the loss.
      return d < c ? 12 * loss : 4 * (d + c / 2)
    case PointwiseLossKind.huber:
      return d < c ? 15 * loss : 5 * c * (d + c / 2)
    case PointwiseLossKind.bce:
      // log(1 - x) as log(t) x / (1 - t): log 4, the rounding of t 1, quotient and product 2; then
      // 1 - y, a product, the sum, the weight
      return 11 * w * (y * clamped(Math.log(x)) + (1 - y) * clamped(Math.log1p(-x)))
    case PointwiseLossKind.bceWithLogits:
      // softplus: exp 4, log1p 4, a sum; then 1 - y, two products, the sum, the weight
      return 14 * w * ((1 - y) * softplus(x) + p * y * softplus(-x))
    case PointwiseLossKind.klDiv:
      // log 4, the difference, the product
      return y === 0 ? 0 : y * (6 * Math.abs(Math.log(y)) + 2 * Math.abs(x))
    case PointwiseLossKind.klDivLogTarget:
      return 6 * loss
    case PointwiseLossKind.crossEntropy:
      // log 4, the product
      return 5 * loss
  }
}

/** Error of scale * slope = gradient in u; scale is cast and multiplied (2 u). */
function gradientError(
  kind: PointwiseLossKind,
  { x, y, w, p }: LossElement,
  scale: number,
  gradient: number,
): number {
  const size = Math.abs(gradient)
  switch (kind) {
    case PointwiseLossKind.mse:
      return 3 * size
    case PointwiseLossKind.smoothL1:
    case PointwiseLossKind.huber:
      // the difference, the parameter, a quotient or product
      return 5 * size
    case PointwiseLossKind.bce:
      // differences above and below, a product and the quotient, the weight
      return 7 * size
    case PointwiseLossKind.bceWithLogits:
      // a sigmoid: exp 4, the sum, the quotient; then 1 - y, two products, the difference, the weight
      return 13 * Math.abs(scale) * w * ((1 - y) * sigmoid(x) + p * y * sigmoid(-x))
    case PointwiseLossKind.klDiv:
      return 2 * size
    case PointwiseLossKind.klDivLogTarget:
      return 6 * size
    case PointwiseLossKind.crossEntropy:
      // the quotient
      return 3 * size
  }
}

/** What exp loses where it is below the normal numbers, times what it is multiplied with. */
function lost(dtype: FloatDType, { x, y, w, p }: LossElement): number {
  return smallestNormal[dtype] * (1 + w * (1 + p) + Math.min(1e9, Math.abs(x - y)))
}

/** Absolute error of a loss on one side. */
export function pointwiseLossError(
  dtype: FloatDType,
  kind: PointwiseLossKind,
  element: LossElement,
  loss: number,
): number {
  return 1.01 * roundoff[dtype] * lossError(kind, element, Math.abs(loss)) + lost(dtype, element)
}

/** Absolute error of scale * slope on one side. */
export function pointwiseGradientError(
  dtype: FloatDType,
  kind: PointwiseLossKind,
  element: LossElement,
  scale: number,
  gradient: number,
): number {
  const error = 1.01 * roundoff[dtype] * gradientError(kind, element, scale, gradient)
  return error + lost(dtype, element) * Math.max(1, Math.abs(scale))
}
