import { ActivationKind } from '../../ts/kernels/kernels.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import { bothSides, roundoff, smallestNormal } from './tolerance.js'

/**
 * Error bounds of the activations, in units of u = half an ulp of 1, by following the roundings of the
 * usual formulas. exp, tanh and erf are within 2 ulp, that is 4 u of their value. `p` is cast to the
 * dtype (u) and multiplied by x (u), so an argument p x is off by 2 u |p x|, which exp turns into a
 * relative error; `expError` is the relative error of exp(p x) altogether.
 */
const expError = (z: number): number => 4 + 2 * Math.abs(z)

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z))

/** Of s = 1 / (1 + e), e = exp(-z): e's error counts by e / (1 + e) = 1 - s, then + and / round. */
const sigmoidError = (z: number): number => {
  const s = sigmoid(z)
  return s * (expError(z) * (1 - s) + 2)
}

const K = Math.sqrt(2 / Math.PI)
const CUBIC = 0.044715

/** Bound of y = f(x) in u. */
function valueError(kind: ActivationKind, p: number, x: number, y: number): number {
  const size = Math.abs(y)
  switch (kind) {
    case ActivationKind.identity:
    case ActivationKind.relu:
    case ActivationKind.signStraightThrough:
    case ActivationKind.signClipped:
    case ActivationKind.signParabola:
      return 0
    case ActivationKind.leakyRelu:
      return x > 0 ? 0 : 2 * size
    case ActivationKind.sigmoid:
      return sigmoidError(x)
    case ActivationKind.tanh:
      return 4 * size
    case ActivationKind.swish:
      return Math.abs(x) * sigmoidError(p * x) + size
    case ActivationKind.gelu:
      // of 1 + erf(x / sqrt 2): argument 2 u, times max z erf'(z) = 0.49, gives 1; erf 4; the sum 2
      return (Math.abs(x) / 2) * 7 + 3 * size
    case ActivationKind.geluTanh:
      // of 1 + tanh z: argument 6 u, times max z tanh'(z) = 0.45, gives 3; tanh 4; the sum 2
      return (Math.abs(x) / 2) * 9 + 3 * size
    case ActivationKind.softplus:
      // log1p(e) grows with e more slowly than e itself, so it passes on at most e's relative error
      return (expError(p * x) + 4 + 2) * size
  }
}

/** Bound of f'(x), for a gradient of 1 and a result r, in u. */
function slopeError(kind: ActivationKind, p: number, x: number, y: number, r: number): number {
  const size = Math.abs(r)
  const z = p * x
  const s = sigmoid(z)
  switch (kind) {
    case ActivationKind.identity:
    case ActivationKind.relu:
    case ActivationKind.signStraightThrough:
    case ActivationKind.signClipped:
      return 0
    case ActivationKind.signParabola:
      return size // of 2 - 2|x|; doubling is exact
    case ActivationKind.leakyRelu:
      return 2 * size
    case ActivationKind.sigmoid:
      return 3 * size
    case ActivationKind.tanh:
      return y * y + 2 * size
    case ActivationKind.swish:
      // s + z s (1 - s), or s (1 + z (1 - s)): errors of s, of 1 - s, of z and of the products
      return sigmoidError(z) * (1 + Math.abs(z)) + s * (3 + 5 * Math.abs(z) * (1 - s)) + 2 * size
    case ActivationKind.gelu: {
      // the distribution function as in gelu; the density exp(-x^2 / 2) / sqrt(2 pi), times x
      const density = (Math.abs(x) * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI)
      return 4 + density * (x * x + 9) + 2 * size
    }
    case ActivationKind.geluTanh: {
      const inner = K * (Math.abs(x) + CUBIC * Math.abs(x) ** 3)
      // 1 - tanh^2 is off by twice tanh's error and a rounding; from 20 on tanh is exactly 1
      const curved = inner < 20 ? (Math.abs(x) / 2) * K * (1 + 3 * CUBIC * x * x) * 16 : 0
      return 5 + curved + 2 * size
    }
    case ActivationKind.softplus:
      return sigmoidError(z) + 2 * size
  }
}

/**
 * An intermediate exp may have been flushed to 0 or have overflowed where the exact one is subnormal.
 * That is around |x| = 100 or 740 for p near 1; far beyond, the exact result is 0 or x as well.
 */
const flushed = (dtype: FloatDType, x: number): number =>
  smallestNormal[dtype] * Math.max(1, Math.min(1e4, Math.abs(x)))

/** Absolute error of y = f(x). */
export function activationBound(
  dtype: FloatDType,
  kind: ActivationKind,
  p: number,
  x: number,
  y: number,
): number {
  return bothSides(dtype, valueError(kind, p, x, y) * roundoff[dtype] + flushed(dtype, x))
}

/** Absolute error of gradX = gradY f'(x). */
export function activationGradientBound(
  dtype: FloatDType,
  kind: ActivationKind,
  p: number,
  x: number,
  y: number,
  gradY: number,
  gradX: number,
): number {
  const slope = gradY === 0 ? 0 : gradX / gradY
  const error = Math.abs(gradY) * slopeError(kind, p, x, y, slope) + Math.abs(gradX)
  return bothSides(
    dtype,
    error * roundoff[dtype] + flushed(dtype, x) * Math.max(1, Math.abs(gradY)),
  )
}
