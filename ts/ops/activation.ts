import { joined, joinsGraph } from '../autograd/differentiable.js'
import { noGrad } from '../autograd/grad-mode.js'
import { checkArguments, checkNumber } from '../check.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import { slopeFollowsFromResult } from '../kernels/activation.js'
import { kernels } from '../kernels/backend.js'
import { ActivationKind } from '../kernels/kernels.js'
import { choice, type Options, readOptions } from '../options.js'
import { axisOf } from '../tensor/axis.js'
import { checkTensor, formatShape, type Tensor } from '../tensor/tensor.js'
import { add, div, minimum, mul, sub } from './binary.js'
import { checkOperands } from './check.js'
import { clamp } from './clamp.js'
import { ge, gt, le, logicalAnd, logicalOr, lt, where } from './mask.js'
import { softmax } from './softmax.js'
import { split } from './split.js'
import { abs, exp, expm1, log1p, neg, sign, tanh } from './unary.js'
import { resultLike } from './result.js'

/** f(x) by the kernels of activations. */
function activated(who: string, kind: ActivationKind, x: Tensor, parameter = 0): Tensor {
  checkOperands(who, x)
  const out = resultLike(x.shape, x.dtype)
  const n = x.length
  kernels().activation({ kind, x, y: out, n, parameter })
  if (!joinsGraph(x)) return out
  const saved = [slopeFollowsFromResult(kind, parameter) ? out : x]
  return joined(who, [x], { parameter }, out, saved, ([gradY], _wants, [read]) => {
    const gradX = resultLike(read!.shape, read!.dtype)
    kernels().activationGradient({ kind, x: read!, y: read!, gradY: gradY!, gradX, n, parameter })
    return [gradX]
  })
}

/**
 * max(x, 0), elementwise. This and its neighbours take float32 and float64.
 *
 * @throws DTypeError for another dtype.
 */
export function relu(x: Tensor): Tensor {
  checkArguments('relu', 1, arguments)
  return activated('relu', ActivationKind.relu, x)
}

/** x where x > 0, negativeSlope x elsewhere; by default 0.01 x. */
export function leakyRelu(x: Tensor, negativeSlope = 0.01): Tensor {
  checkArguments('leakyRelu', 2, arguments)
  checkNumber('leakyRelu', 'negativeSlope', negativeSlope)
  return activated('leakyRelu', ActivationKind.leakyRelu, x, negativeSlope)
}

/**
 * x where x > 0, weight x elsewhere.
 *
 * @param weight One number, or one for each place along dimension 1.
 * @throws ShapeError when there are more of them, or fewer.
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  checkArguments('prelu', 2, arguments)
  checkTensor('prelu', weight, 'the weight')
  checkOperands('prelu', x, weight)
  const channels = x.ndim > 1 ? x.shape[1] : 1
  if (weight.length !== 1 && (weight.ndim !== 1 || weight.length !== channels)) {
    const expected = `of shape (1)${channels === 1 ? '' : ` or (${channels})`}`
    throw new ShapeError(complaint('prelu', 'the weight', expected, formatShape(weight.shape)))
  }
  const shape = weight.length === 1 ? [] : [weight.length, ...x.shape.slice(2).fill(1)]
  const positive = gt(x, 0)
  return where(positive, x, mul(where(positive, 0, x), weight.reshape(shape)))
}

/** 1 / (1 + exp(-x)), elementwise. */
export function sigmoid(x: Tensor): Tensor {
  checkArguments('sigmoid', 1, arguments)
  return activated('sigmoid', ActivationKind.sigmoid, x)
}

/** log(sigmoid(x)), elementwise, without its cancellation. */
export function logSigmoid(x: Tensor): Tensor {
  checkArguments('logSigmoid', 1, arguments)
  checkOperands('logSigmoid', x)
  return sub(minimum(x, 0), log1p(exp(neg(abs(x)))))
}

export interface GeluOptions {
  /** `none` (default): x (1 + erf(x / sqrt 2)) / 2. `tanh`: its approximation by a tanh. */
  approximate?: 'none' | 'tanh'
}

const GELU = { approximate: choice(['none', 'tanh'], 'none') } satisfies Options<GeluOptions>

/** x times the distribution function of the normal distribution, elementwise. */
export function gelu(x: Tensor, options?: GeluOptions): Tensor {
  checkArguments('gelu', 2, arguments)
  const { approximate } = readOptions('gelu', GELU, options)
  const kind = approximate === 'tanh' ? ActivationKind.geluTanh : ActivationKind.gelu
  return activated('gelu', kind, x)
}

/** x sigmoid(x), elementwise. */
export function silu(x: Tensor): Tensor {
  checkArguments('silu', 1, arguments)
  return activated('silu', ActivationKind.swish, x, 1)
}

/** x tanh(softplus(x)), elementwise. */
export function mish(x: Tensor): Tensor {
  checkArguments('mish', 1, arguments)
  checkOperands('mish', x)
  return mul(x, tanh(softplus(x)))
}

/**
 * log(1 + exp(beta x)) / beta, elementwise; x itself where beta x > 20.
 *
 * @param beta Default 1.
 * @throws ValueError when it is 0.
 */
export function softplus(x: Tensor, beta = 1): Tensor {
  checkArguments('softplus', 2, arguments)
  checkNumber('softplus', 'beta', beta)
  if (beta === 0) throw new ValueError(complaint('softplus', 'beta', 'not 0', '0'))
  return activated('softplus', ActivationKind.softplus, x, beta)
}

/** x where x > 0, factor (exp(x / divisor) - 1) elsewhere. */
function exponential(who: string, x: Tensor, factor: number, divisor: number): Tensor {
  checkOperands(who, x)
  const below = le(x, 0)
  const part = where(below, x, 0)
  return where(below, mul(expm1(divisor === 1 ? part : div(part, divisor)), factor), x)
}

/** x where x > 0, alpha (exp(x) - 1) elsewhere; alpha is 1 unless given. */
export function elu(x: Tensor, alpha = 1): Tensor {
  checkArguments('elu', 2, arguments)
  checkNumber('elu', 'alpha', alpha)
  return exponential('elu', x, alpha, 1)
}

const SELU_ALPHA = 1.6732632423543772
const SELU_SCALE = 1.0507009873554805

/** 1.0507 x where x > 0, 1.0507 · 1.6733 (exp(x) - 1) elsewhere: with it means stay near 0 and deviations near 1. */
export function selu(x: Tensor): Tensor {
  checkArguments('selu', 1, arguments)
  return mul(exponential('selu', x, SELU_ALPHA, 1), SELU_SCALE)
}

/** x where x > 0, alpha (exp(x / alpha) - 1) elsewhere; alpha is 1 unless given, and not 0. */
export function celu(x: Tensor, alpha = 1): Tensor {
  checkArguments('celu', 2, arguments)
  checkNumber('celu', 'alpha', alpha)
  if (alpha === 0) throw new ValueError(complaint('celu', 'alpha', 'not 0', '0'))
  return exponential('celu', x, alpha, alpha)
}

/** x between the bounds, the next bound elsewhere; its gradient is 0 at a bound too. From -1 to 1 unless given. */
export function hardtanh(x: Tensor, minVal = -1, maxVal = 1): Tensor {
  checkArguments('hardtanh', 3, arguments)
  checkOperands('hardtanh', x)
  checkNumber('hardtanh', 'minVal', minVal)
  checkNumber('hardtanh', 'maxVal', maxVal)
  const outside = logicalOr(le(x, minVal), ge(x, maxVal))
  return where(
    outside,
    noGrad(() => clamp(x, minVal, maxVal)),
    x,
  )
}

/** min(max(x, 0), 6), elementwise. */
export function relu6(x: Tensor): Tensor {
  checkArguments('relu6', 1, arguments)
  return hardtanh(x, 0, 6)
}

/** x / 6 + 1/2 for x between -3 and 3, 0 below, 1 above. */
export function hardsigmoid(x: Tensor): Tensor {
  checkArguments('hardsigmoid', 1, arguments)
  checkOperands('hardsigmoid', x)
  const inside = logicalAnd(gt(x, -3), lt(x, 3))
  const bounded = noGrad(() => div(clamp(add(x, 3), 0, 6), 6))
  return where(inside, div(add(x, 3), 6), bounded)
}

/** x hardsigmoid(x), elementwise. */
export function hardswish(x: Tensor): Tensor {
  checkArguments('hardswish', 1, arguments)
  checkOperands('hardswish', x)
  const inside = logicalAnd(ge(x, -3), lt(x, 3))
  const part = where(inside, x, 0)
  // Of minus infinity this is NaN, as in PyTorch.
  const below = noGrad(() => mul(x, 0))
  return where(inside, div(mul(part, add(part, 3)), 6), where(lt(x, -3), below, x))
}

/** x / (1 + |x|), elementwise. */
export function softsign(x: Tensor): Tensor {
  checkArguments('softsign', 1, arguments)
  return div(x, add(abs(x), 1))
}

/** x nearer to 0 by lambd, 0 where |x| ≤ lambd; by default 0.5. */
export function softshrink(x: Tensor, lambd = 0.5): Tensor {
  checkArguments('softshrink', 2, arguments)
  checkShrink('softshrink', lambd)
  const shift = noGrad(() => mul(sign(x), lambd))
  return where(le(abs(x), lambd), 0, sub(x, shift))
}

/** x where |x| > lambd, 0 elsewhere; lambd is 0.5 unless given. */
export function hardshrink(x: Tensor, lambd = 0.5): Tensor {
  checkArguments('hardshrink', 2, arguments)
  checkShrink('hardshrink', lambd)
  return where(le(abs(x), lambd), 0, x)
}

function checkShrink(who: string, lambd: number): void {
  checkNumber(who, 'lambd', lambd)
  if (lambd < 0) throw new ValueError(complaint(who, 'lambd', 'at least 0', lambd))
}

/** x - tanh(x), elementwise. */
export function tanhshrink(x: Tensor): Tensor {
  checkArguments('tanhshrink', 1, arguments)
  return sub(x, tanh(x))
}

/** x where x > threshold, value elsewhere. */
export function threshold(x: Tensor, threshold: number, value: number): Tensor {
  checkArguments('threshold', 3, arguments)
  checkOperands('threshold', x)
  checkNumber('threshold', 'the threshold', threshold)
  checkNumber('threshold', 'the value', value)
  return where(le(x, threshold), value, x)
}

/**
 * The first half of a tensor along a dimension times the sigmoid of the second.
 *
 * @param dim Default the last.
 * @throws ShapeError when its size is odd.
 */
export function glu(x: Tensor, dim = -1): Tensor {
  checkArguments('glu', 2, arguments)
  checkOperands('glu', x)
  const { n } = axisOf('glu', x.shape, dim)
  if (n % 2 !== 0) {
    const expected = 'of an even size there'
    throw new ShapeError(
      complaint('glu', 'the tensor', expected, `${n} of ${formatShape(x.shape)}`),
    )
  }
  const [a, b] = split(x, [n / 2, n / 2], dim)
  return mul(a!, sigmoid(b!))
}

/** softmax(-x) along a dimension, by default the last. */
export function softmin(x: Tensor, dim = -1): Tensor {
  checkArguments('softmin', 2, arguments)
  return softmax(neg(x), dim)
}
