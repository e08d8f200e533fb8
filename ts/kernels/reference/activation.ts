import type { ActivationArgs, ActivationGradientArgs } from '../activation.js'
import { ValueError } from '../../errors.js'
import type { DType } from '../dtype.js'
import { ActivationKind } from '../kernels.js'
import { erfc } from './erf.js'
import { floats } from './operand.js'

const SQRT_HALF = Math.SQRT1_2
const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI)
const ONE_OVER_SQRT_2_PI = 1 / Math.sqrt(2 * Math.PI)
const GELU_CUBIC = 0.044715
const SOFTPLUS_THRESHOLD = 20

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** The distribution function of the standard normal, (1 + erf(x / sqrt 2)) / 2. */
const normalCdf = (x: number): number => erfc(-x * SQRT_HALF) / 2
const normalDensity = (x: number): number => ONE_OVER_SQRT_2_PI * Math.exp((-x * x) / 2)

/** f of an activation; `p` is its parameter. A NaN stays a NaN in all of them. */
export function activationFunction(kind: ActivationKind, p: number): (x: number) => number {
  switch (kind) {
    case ActivationKind.identity:
      return (x) => x
    case ActivationKind.relu:
      return (x) => (x <= 0 ? 0 : x)
    case ActivationKind.leakyRelu:
      return (x) => (x > 0 ? x : p * x)
    case ActivationKind.sigmoid:
      return sigmoid
    case ActivationKind.tanh:
      return Math.tanh
    case ActivationKind.swish:
      return (x) => x * sigmoid(p * x)
    case ActivationKind.gelu:
      return (x) => x * normalCdf(x)
    case ActivationKind.geluTanh:
      // (1 + tanh u) / 2 = sigmoid(2 u), which has no cancellation for negative u
      return (x) => x * sigmoid(2 * SQRT_2_OVER_PI * (x + GELU_CUBIC * x ** 3))
    case ActivationKind.softplus:
      return (x) => (p * x > SOFTPLUS_THRESHOLD ? x : Math.log1p(Math.exp(p * x)) / p)
    case ActivationKind.signStraightThrough:
    case ActivationKind.signClipped:
    case ActivationKind.signParabola:
      return (x) => (Number.isNaN(x) ? x : x < 0 ? -1 : 1)
    default:
      throw new ValueError(`activation: unknown activation ${String(kind)}`)
  }
}

/** The same of a number that is rounded to the dtype first, as if it had been stored before. */
export function activationOfResult(
  kind: ActivationKind,
  p: number,
  dtype: DType,
): (x: number) => number {
  const f = activationFunction(kind, p)
  return dtype === 'float32' ? (x) => f(Math.fround(x)) : f
}

/** f'(x), from x or from y = f(x), whichever is the simpler. */
function activationSlope(kind: ActivationKind, p: number): (x: number, y: number) => number {
  switch (kind) {
    case ActivationKind.identity:
      return () => 1
    case ActivationKind.relu:
      return (x) => (x <= 0 ? 0 : 1)
    case ActivationKind.leakyRelu:
      return (x) => (x > 0 ? 1 : p)
    case ActivationKind.sigmoid:
      return (_, y) => y * (1 - y)
    case ActivationKind.tanh:
      return (_, y) => 1 - y * y
    case ActivationKind.swish:
      return (x) => {
        const s = sigmoid(p * x)
        return s + x * s * (p * (1 - s)) // p * x alone may overflow where the slope does not
      }
    case ActivationKind.gelu:
      return (x) => normalCdf(x) + x * normalDensity(x)
    case ActivationKind.geluTanh:
      return (x) => {
        const s = sigmoid(2 * SQRT_2_OVER_PI * (x + GELU_CUBIC * x ** 3))
        // s is 0 or 1 long before |x| = 100; from there on x^2 must stay finite
        const c = Math.max(-100, Math.min(100, x))
        return s + x * (2 * s * (1 - s)) * SQRT_2_OVER_PI * (1 + 3 * GELU_CUBIC * c * c)
      }
    case ActivationKind.softplus:
      return (x) => (p * x > SOFTPLUS_THRESHOLD ? 1 : sigmoid(p * x))
    case ActivationKind.signStraightThrough:
      return () => 1
    case ActivationKind.signClipped:
      return (x) => (Math.abs(x) <= 1 ? 1 : 0)
    case ActivationKind.signParabola:
      // 2 + 2x below 0, 2 - 2x above; at both edges this is 0, as it is outside of them
      return (x) => (Math.abs(x) <= 1 ? 2 - 2 * Math.abs(x) : 0)
    default:
      throw new ValueError(`activationGradient: unknown activation ${String(kind)}`)
  }
}

export function activation({ kind, x, y, n, parameter }: ActivationArgs): void {
  const op = 'activation'
  const f = activationFunction(kind, parameter)
  const xs = floats(x, n, op, 'x')
  const ys = floats(y, n, op, 'y')
  for (let i = 0; i < n; i++) ys[i] = f(xs[i]!)
}

export function activationGradient({
  kind,
  x,
  y,
  gradY,
  gradX,
  n,
  parameter,
}: ActivationGradientArgs): void {
  const op = 'activationGradient'
  const slope = activationSlope(kind, parameter)
  const xs = floats(x, n, op, 'x')
  const ys = floats(y, n, op, 'y')
  const gy = floats(gradY, n, op, 'gradY')
  const gx = floats(gradX, n, op, 'gradX')
  for (let i = 0; i < n; i++) {
    const factor = slope(xs[i]!, ys[i]!)
    // a rectifier that is off lets nothing pass, not even a NaN
    gx[i] = factor === 0 && kind === ActivationKind.relu ? 0 : gy[i]! * factor
  }
}

export const activationKernels = { activation, activationGradient }
