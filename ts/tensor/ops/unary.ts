import { kernels } from '../../kernels/backend.js'
import { UnaryKind } from '../../kernels/kernels.js'
import { empty, type Tensor } from '../tensor.js'
import { checkOperands } from './check.js'

function unary(who: string, kind: UnaryKind, x: Tensor): Tensor {
  checkOperands(who, x)
  const out = empty(x.shape, x.dtype)
  kernels().unary(kind, x, out, x.length)
  return out
}

/**
 * e^x, elementwise. This and its neighbours take float32 and float64.
 *
 * @throws DTypeError for another dtype.
 */
export function exp(x: Tensor): Tensor {
  return unary('exp', UnaryKind.exp, x)
}

/** Natural logarithm, elementwise. */
export function log(x: Tensor): Tensor {
  return unary('log', UnaryKind.log, x)
}

/** Square root, elementwise. */
export function sqrt(x: Tensor): Tensor {
  return unary('sqrt', UnaryKind.sqrt, x)
}

/** Absolute value, elementwise. */
export function abs(x: Tensor): Tensor {
  return unary('abs', UnaryKind.abs, x)
}

/** -x, elementwise. */
export function neg(x: Tensor): Tensor {
  return unary('neg', UnaryKind.neg, x)
}

/** x^2, elementwise. */
export function square(x: Tensor): Tensor {
  return unary('square', UnaryKind.square, x)
}

/** 1 / x, elementwise. */
export function reciprocal(x: Tensor): Tensor {
  return unary('reciprocal', UnaryKind.reciprocal, x)
}

/** -1, 0 or 1, elementwise. */
export function sign(x: Tensor): Tensor {
  return unary('sign', UnaryKind.sign, x)
}

/** Error function, elementwise. */
export function erf(x: Tensor): Tensor {
  return unary('erf', UnaryKind.erf, x)
}

/** Hyperbolic tangent, elementwise. */
export function tanh(x: Tensor): Tensor {
  return unary('tanh', UnaryKind.tanh, x)
}
