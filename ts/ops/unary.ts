import { checkArguments } from '../check.js'
import { kernels } from '../kernels/backend.js'
import { UnaryKind } from '../kernels/kernels.js'
import { zeros } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { joined, joinsGraph } from '../autograd/differentiable.js'
import { add, div, mul, sub } from './binary.js'
import { checkOperands } from './check.js'
import { resultLike } from './result.js'

const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI)

/** The gradient by x from that by y = f(x). */
type Rule = (gradient: Tensor, saved: Tensor) => Tensor

/** @param saves What the rule reads: x, y or nothing. */
function unary(
  who: string,
  kind: UnaryKind,
  x: Tensor,
  saves: 'x' | 'y' | null,
  rule: Rule,
): Tensor {
  checkOperands(who, x)
  const out = resultLike(x.shape, x.dtype)
  kernels().unary({ kind, x, y: out, n: x.length })
  if (!joinsGraph(x)) return out
  const saved = saves === null ? [] : [saves === 'x' ? x : out]
  return joined(who, [x], {}, out, saved, ([g], _wants, [value]) => [rule(g!, value!)])
}

/**
 * e^x, elementwise. This and its neighbours take float32 and float64.
 *
 * @throws DTypeError for another dtype.
 */
export function exp(x: Tensor): Tensor {
  checkArguments('exp', 1, arguments)
  return unary('exp', UnaryKind.exp, x, 'y', (g, y) => mul(g, y))
}

/** Natural logarithm, elementwise. */
export function log(x: Tensor): Tensor {
  checkArguments('log', 1, arguments)
  return unary('log', UnaryKind.log, x, 'x', (g, x) => div(g, x))
}

/** Square root, elementwise. */
export function sqrt(x: Tensor): Tensor {
  checkArguments('sqrt', 1, arguments)
  return unary('sqrt', UnaryKind.sqrt, x, 'y', (g, y) => div(g, mul(y, 2)))
}

/** Absolute value, elementwise. */
export function abs(x: Tensor): Tensor {
  checkArguments('abs', 1, arguments)
  return unary('abs', UnaryKind.abs, x, 'x', (g, x) => mul(g, sign(x)))
}

/** -x, elementwise. */
export function neg(x: Tensor): Tensor {
  checkArguments('neg', 1, arguments)
  return unary('neg', UnaryKind.neg, x, null, (g) => neg(g))
}

/** x^2, elementwise. */
export function square(x: Tensor): Tensor {
  checkArguments('square', 1, arguments)
  return unary('square', UnaryKind.square, x, 'x', (g, x) => mul(g, mul(x, 2)))
}

/** 1 / x, elementwise. */
export function reciprocal(x: Tensor): Tensor {
  checkArguments('reciprocal', 1, arguments)
  return unary('reciprocal', UnaryKind.reciprocal, x, 'y', (g, y) => neg(mul(g, square(y))))
}

/** -1, 0 or 1, elementwise. */
export function sign(x: Tensor): Tensor {
  checkArguments('sign', 1, arguments)
  return unary('sign', UnaryKind.sign, x, null, ({ shape, dtype }) => zeros(shape, { dtype }))
}

/** Error function, elementwise. */
export function erf(x: Tensor): Tensor {
  checkArguments('erf', 1, arguments)
  return unary('erf', UnaryKind.erf, x, 'x', (g, x) =>
    mul(g, mul(exp(neg(square(x))), TWO_OVER_ROOT_PI)),
  )
}

/** log(1 + x), elementwise, without the error of 1 + x. */
export function log1p(x: Tensor): Tensor {
  checkArguments('log1p', 1, arguments)
  return unary('log1p', UnaryKind.log1p, x, 'x', (g, x) => div(g, add(x, 1)))
}

/** e^x - 1, elementwise, without the cancellation near 0. */
export function expm1(x: Tensor): Tensor {
  checkArguments('expm1', 1, arguments)
  return unary('expm1', UnaryKind.expm1, x, 'y', (g, y) => mul(g, add(y, 1)))
}

/** 1 / sqrt(x), elementwise. */
export function rsqrt(x: Tensor): Tensor {
  checkArguments('rsqrt', 1, arguments)
  return unary('rsqrt', UnaryKind.rsqrt, x, 'y', (g, y) => mul(mul(g, -0.5), mul(square(y), y)))
}

/** Sine of an angle in radians, of any size, elementwise. */
export function sin(x: Tensor): Tensor {
  checkArguments('sin', 1, arguments)
  return unary('sin', UnaryKind.sin, x, 'x', (g, x) => mul(g, cos(x)))
}

/** Cosine of an angle in radians, of any size, elementwise. */
export function cos(x: Tensor): Tensor {
  checkArguments('cos', 1, arguments)
  return unary('cos', UnaryKind.cos, x, 'x', (g, x) => neg(mul(g, sin(x))))
}

/** Hyperbolic tangent, elementwise. */
export function tanh(x: Tensor): Tensor {
  checkArguments('tanh', 1, arguments)
  return unary('tanh', UnaryKind.tanh, x, 'y', (g, y) => mul(g, sub(1, square(y))))
}
