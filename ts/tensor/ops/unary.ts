import { checkArguments } from '../../check.js'
import { kernels } from '../../kernels/backend.js'
import { UnaryKind } from '../../kernels/kernels.js'
import { empty, type Tensor } from '../tensor.js'
import { checkOperands } from './check.js'

function unary(who: string, kind: UnaryKind, x: Tensor): Tensor {
  checkOperands(who, x)
  const out = empty(x.shape, x.dtype)
  kernels().unary({ kind, x, y: out, n: x.length })
  return out
}

/**
 * e^x, elementwise. This and its neighbours take float32 and float64.
 *
 * @throws DTypeError for another dtype.
 */
export function exp(x: Tensor): Tensor {
  checkArguments('exp', 1, arguments)
  return unary('exp', UnaryKind.exp, x)
}

/** Natural logarithm, elementwise. */
export function log(x: Tensor): Tensor {
  checkArguments('log', 1, arguments)
  return unary('log', UnaryKind.log, x)
}

/** Square root, elementwise. */
export function sqrt(x: Tensor): Tensor {
  checkArguments('sqrt', 1, arguments)
  return unary('sqrt', UnaryKind.sqrt, x)
}

/** Absolute value, elementwise. */
export function abs(x: Tensor): Tensor {
  checkArguments('abs', 1, arguments)
  return unary('abs', UnaryKind.abs, x)
}

/** -x, elementwise. */
export function neg(x: Tensor): Tensor {
  checkArguments('neg', 1, arguments)
  return unary('neg', UnaryKind.neg, x)
}

/** x^2, elementwise. */
export function square(x: Tensor): Tensor {
  checkArguments('square', 1, arguments)
  return unary('square', UnaryKind.square, x)
}

/** 1 / x, elementwise. */
export function reciprocal(x: Tensor): Tensor {
  checkArguments('reciprocal', 1, arguments)
  return unary('reciprocal', UnaryKind.reciprocal, x)
}

/** -1, 0 or 1, elementwise. */
export function sign(x: Tensor): Tensor {
  checkArguments('sign', 1, arguments)
  return unary('sign', UnaryKind.sign, x)
}

/** Error function, elementwise. */
export function erf(x: Tensor): Tensor {
  checkArguments('erf', 1, arguments)
  return unary('erf', UnaryKind.erf, x)
}

/** Hyperbolic tangent, elementwise. */
export function tanh(x: Tensor): Tensor {
  checkArguments('tanh', 1, arguments)
  return unary('tanh', UnaryKind.tanh, x)
}
