import { ActivationKind } from '../../ts/kernels/kernels.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import { activationBound, activationGradientBound } from './activation-bound.js'
import { sizeOf } from './formula.js'
import type { Bound, LayerCase } from './pytorch-fixture.js'
import { roundoff, roundings, sumBound } from './tolerance.js'

/** What a case of a layer computes with. */
export interface Operands {
  readonly x: readonly number[]
  readonly g: readonly number[]
  /** All parameters and buffers, by key. */
  readonly state: Readonly<Record<string, readonly number[]>>
}

/** The bound of each result of a case, by its name. */
export type Bounds = (key: string) => Bound

/** The largest magnitude among the finite ones. */
const largest = (values: readonly number[]): number =>
  values.reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), 0)

/**
 * Layers that add up products: no element is a sum of more products than the weight has elements, or,
 * without one, a plane of the input or the output; of the gradient of a parameter, than gradOutput has.
 * A bias and a division round too. Weights of an interpolation are a place of at most 16, off by 3
 * roundings, less its whole part: off by 48 roundings of a number below 1, and two of them are multiplied.
 */
export function sumBounds(dtype: FloatDType, { input }: LayerCase, operands: Operands): Bounds {
  const { x, g, state } = operands
  const [X, G] = [largest(x), largest(g)]
  const weight = state['weight']
  const W = Math.max(1, ...Object.values(state).map(largest))
  const perPlane = Math.max(x.length, g.length) / (input.length > 2 ? input[0]! : 1)
  const terms = weight?.length ?? perPlane
  const extra = weight ? 2 : 2 * 48 + 2
  return (key) => () => {
    if (key === 'output') return sumBound(dtype, terms + 1, (terms + 1) * W * Math.max(X, 1), extra)
    if (key === 'gradInput') return sumBound(dtype, terms, terms * W * G, extra)
    return sumBound(dtype, g.length, g.length * G * Math.max(X, 1), extra)
  }
}

const kinds: Readonly<Record<string, ActivationKind>> = {
  ReLU: ActivationKind.relu,
  LeakyReLU: ActivationKind.leakyRelu,
  Sigmoid: ActivationKind.sigmoid,
  Tanh: ActivationKind.tanh,
  SiLU: ActivationKind.swish,
  GELU: ActivationKind.gelu,
  Softplus: ActivationKind.softplus,
}
const defaults: Readonly<Record<string, number>> = { LeakyReLU: 0.01, SiLU: 1, Softplus: 1 }

export function activationBounds(
  dtype: FloatDType,
  { name, arguments: given, options, results }: LayerCase,
  { x, g }: Operands,
): Bounds {
  const kind = options['approximate'] === 'tanh' ? ActivationKind.geluTanh : kinds[name]!
  const p = (given[0] as number | undefined) ?? defaults[name] ?? 0
  const y = results!['output']!.float64.map(Number)
  return (key) => (i, expected) =>
    key === 'output'
      ? activationBound(dtype, kind, p, x[i]!, expected)
      : activationGradientBound(dtype, kind, p, x[i]!, y[i]!, g[i]!, expected)
}

/**
 * Softmax over n numbers that lie at most S apart: exp of a difference is off by S + 4 roundings, but
 * exp(-s) s is below 1 for all s, so 5 of the largest probability; the sum n more, the quotient 3. Its
 * logarithm takes that error absolutely, and rounds x - max, log and their difference, of at most
 * S + log n. The gradient of n products is off by n + 6 of them, and by the error of the result in each.
 */
export function softmaxBounds(
  dtype: FloatDType,
  { name, arguments: given, input }: LayerCase,
  { x, g }: Operands,
): Bounds {
  const dim = given[0] as number
  const n = input.at(dim)!
  const S = 2 * largest(x)
  const G = largest(g)
  const probability = n + 12
  const log = probability + 3 * (S + Math.log(n))
  return (key) => () => {
    if (name === 'LogSoftmax') {
      return roundings(dtype, 1, key === 'output' ? log : n * G * (log + n + 6))
    }
    return roundings(dtype, 1, key === 'output' ? probability : 2 * n * G * (probability + n + 6))
  }
}

/** The statistic that element i of the input belongs to; null where they are the running ones. */
function statisticOf({ name, arguments: given, options, input, mode }: LayerCase) {
  const spatial = sizeOf(input.slice(2))
  const channels = input[1]!
  switch (name) {
    case 'LayerNorm': {
      const cols = sizeOf([given[0] as number | number[]].flat())
      return (i: number) => Math.floor(i / cols)
    }
    case 'GroupNorm': {
      const length = (channels / (given[0] as number)) * spatial
      return (i: number) => Math.floor(i / length)
    }
    case 'InstanceNorm2d':
      return (i: number) => Math.floor(i / spatial)
    default:
      if (mode === 'eval' && options['track_running_stats'] !== false) return null
      return (i: number) => Math.floor(i / spatial) % channels
  }
}

/** How many values a statistic is of, and the largest 1 / sqrt(variance + eps). */
function statistics(one: LayerCase, { x, state }: Operands): { m: number; inverse: number } {
  const eps = (one.options['eps'] as number | undefined) ?? 1e-5
  const statistic = statisticOf(one)
  if (statistic === null) {
    return { m: 1, inverse: 1 / Math.sqrt(Math.min(...state['running_var']!) + eps) }
  }
  const members = new Map<number, number[]>()
  x.forEach((value, i) => {
    const known = members.get(statistic(i)) ?? []
    known.push(value)
    members.set(statistic(i), known)
  })
  const inverses = [...members.values()].map((values) => {
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length
    return 1 / Math.sqrt(variance + eps)
  })
  return { m: [...members.values()][0]!.length, inverse: largest(inverses) }
}

/**
 * Normalisation of m values of at most X by an inverse deviation r (norm-bound.ts): the mean is off by
 * (m + 4) X, the inverse by (m + 12) / 2 of itself, so that a normalised value is off by
 * d = r X (2 m + 20) roundings; its size is at most h = sqrt(m), or 2 r X by running statistics. Weight
 * and bias round 5 times. The gradient r w (g - mean(g) - xhat mean(g xhat)) adds up m products twice,
 * each time with the error of xhat, and multiplies by it and by r.
 */
export function normBounds(dtype: FloatDType, one: LayerCase, operands: Operands): Bounds {
  const { x, g, state } = operands
  const { m, inverse: r } = statistics(one, operands)
  const running = largest(state['running_mean'] ?? [])
  const X = Math.max(largest(x), running)
  const G = largest(g)
  const [W, B] = [state['weight'] ? largest(state['weight']) : 1, largest(state['bias'] ?? [])]
  const d = r * X * (2 * m + 20)
  const h = statisticOf(one) ? Math.sqrt(m) : 2 * r * X
  const u = 1.01 * roundoff[dtype]
  const N = g.length
  const errors: Record<string, number> = {
    output: W * (d + 5 * h) + 5 * (W * h + B),
    gradInput: r * W * G * (1 + h) * (m + 12 + d),
    'grad weight': N * G * (d + (N + 3) * h),
    'grad bias': N * N * G,
    'after running_mean': (m + 8) * X,
    'after running_var': (m + 16) * Math.max(1, X * X),
    'after num_batches_tracked': 0,
  }
  return (key) => () => errors[key]! * u
}
