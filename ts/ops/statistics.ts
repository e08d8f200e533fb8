import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { ReduceKind } from '../kernels/kernels.js'
import { finite, flag, type Options } from '../options.js'
import type { Tensor } from '../tensor/tensor.js'
import { joined, joinsGraph } from '../autograd/differentiable.js'
import {
  type Dims,
  dimsAndOptions,
  type Plan,
  planOf,
  REDUCE,
  reduceAlong,
  type ReduceOptions,
} from './along.js'
import { add, div, maximum, minimum, mul, sub } from './binary.js'
import { checkOperands } from './check.js'
import { eq, where } from './mask.js'
import { exp, log, sqrt, square } from './unary.js'
import { resultLike } from './result.js'

export interface VarianceOptions extends ReduceOptions {
  /** Divide by one less than the number of elements. Default true. */
  unbiased?: boolean
  /** What is taken off the number of elements, in the place of `unbiased`. */
  correction?: number
}

const VARIANCE = {
  ...REDUCE,
  unbiased: flag(),
  correction: finite(),
} satisfies Options<VarianceOptions>

/** Largest finite numbers. */
const LARGEST = { float32: (2 - 2 ** -23) * 2 ** 127, float64: Number.MAX_VALUE }

function scaled(x: Tensor, factor: number): Tensor {
  const y = resultLike(x.shape, x.dtype)
  kernels().affine({ x, y, n: x.length, scale: factor, shift: 0 })
  return y
}

/** The number that a sum of squares is divided by: not below 0, as in PyTorch. */
function divisorOf(who: string, { count }: Plan, unbiased?: boolean, correction?: number): number {
  if (unbiased !== undefined && correction !== undefined) {
    const got = `unbiased ${unbiased} and correction ${correction}`
    throw new ValueError(complaint(who, 'the options', 'unbiased or correction, not both', got))
  }
  return Math.max(0, count - (correction ?? (unbiased === false ? 0 : 1)))
}

/** The variance, or its root. */
function spread(
  who: string,
  root: boolean,
  x: Tensor,
  dim: Dims | VarianceOptions | undefined,
  options: VarianceOptions | undefined,
): Tensor {
  checkOperands(who, x)
  const [dims, given] = dimsAndOptions(who, VARIANCE, dim, options)
  const plan = planOf(who, x, dims, given.keepdim)
  const divisor = divisorOf(who, plan, given.unbiased, given.correction)
  const { reduced, kept, shape } = plan
  const own = x.detach()
  const center = reduceAlong(ReduceKind.mean, own, reduced, kept)
  const squares = reduceAlong(ReduceKind.sum, square(sub(own, center)), reduced, shape)
  const variances = scaled(squares, 1 / divisor)
  const out = root ? sqrt(variances) : variances
  if (!joinsGraph(x)) return out
  const saved = root ? [x, center, out] : [x, center]
  return joined(who, [x], { dim: dims, ...given }, out, saved, ([g], _wants, [value, mean, y]) => {
    // Of the root at 0 it is 0.
    const byVariance = !y ? g! : where(eq(y, 0), 0, div(g!, mul(y, 2)))
    return [mul(sub(value!, mean!), scaled(byVariance.reshape(kept), 2 / divisor))]
  })
}

/**
 * Variance along dimensions: the sum of squared distances from the mean, divided by one less than the number
 * of elements; NaN of fewer than two. See `sum`. It is exported as `var`.
 *
 * @throws ShapeError, DTypeError as `mean`.
 * @see https://pytorch.org/docs/stable/generated/torch.var.html
 */
export function variance(
  x: Tensor,
  dim?: Dims | VarianceOptions,
  options?: VarianceOptions,
): Tensor {
  checkArguments('var', 3, arguments)
  return spread('var', false, x, dim, options)
}

/** Standard deviation along dimensions: the root of `var`. */
export function std(x: Tensor, dim?: Dims | VarianceOptions, options?: VarianceOptions): Tensor {
  checkArguments('std', 3, arguments)
  return spread('std', true, x, dim, options)
}

/**
 * log Σ exp(x) along dimensions, computed without overflow; -Infinity of nothing. See `sum`.
 *
 * @throws ShapeError, DTypeError as `mean`.
 * @see https://pytorch.org/docs/stable/generated/torch.logsumexp.html
 */
export function logsumexp(x: Tensor, dim?: Dims | ReduceOptions, options?: ReduceOptions): Tensor {
  checkArguments('logsumexp', 3, arguments)
  checkOperands('logsumexp', x)
  const [dims, { keepdim }] = dimsAndOptions('logsumexp', REDUCE, dim, options)
  const { reduced, kept, shape } = planOf('logsumexp', x, dims, keepdim)
  const own = x.detach()
  const most = LARGEST[own.dtype as 'float32' | 'float64']
  const largest = reduceAlong(ReduceKind.max, own, reduced, kept)
  // Infinities that are taken off themselves would give NaN.
  const shift = maximum(minimum(largest, most), -most)
  const sums = reduceAlong(ReduceKind.sum, exp(sub(own, shift)), reduced, kept)
  const whole = add(log(sums), shift)
  const out = whole.reshape(shape)
  if (!joinsGraph(x)) return out
  return joined('logsumexp', [x], { dim: dims, keepdim }, out, [x, out], ([g], _wants, saved) => {
    const shares = exp(sub(saved[0]!, saved[1]!.reshape(kept)))
    return [mul(shares, g!.reshape(kept))]
  })
}
