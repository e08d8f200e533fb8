import { checkArguments } from '../check.js'
import { BinaryKind } from '../kernels/kernels.js'
import { Tensor } from '../tensor/tensor.js'
import { binary, mul, type Reads, sub } from './binary.js'
import { eq, ge, logicalAnd, where } from './mask.js'
import { log, reciprocal, rsqrt, sqrt, square } from './unary.js'

/** Exponents that have a simpler function. */
const SIMPLE: ReadonlyMap<unknown, (x: Tensor) => Tensor> = new Map([
  [2, square],
  [0.5, sqrt],
  [-0.5, rsqrt],
  [-1, reciprocal],
])

const READS: Reads = {
  byLeft: { a: true, b: true },
  byRight: { a: true, b: true, result: true },
}

/**
 * x^exponent, elementwise and broadcast as in PyTorch; one of them may be a number. To the power of 0
 * everything is 1; a negative number to the power of a fraction is NaN. float64 results are within 2 ulp.
 *
 * The gradient by the exponent is 0 where x is 0 and the exponent at least 0.
 *
 * @throws ShapeError when the shapes do not go together.
 * @throws DTypeError unless both are float32 or both float64.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.pow.html
 */
export function pow(x: Tensor | number, exponent: Tensor | number): Tensor {
  checkArguments('pow', 2, arguments)
  const simple = SIMPLE.get(exponent)
  if (simple !== undefined && x instanceof Tensor) return simple(x)
  return binary('pow', BinaryKind.pow, x, exponent, READS, (g, wants, x, p, y) => [
    wants[0] ? mul(g, where(eq(p, 0), 0, mul(p, pow(x, sub(p, 1))))) : null,
    wants[1] ? where(logicalAnd(eq(x, 0), ge(p, 0)), 0, mul(g, mul(y, log(x)))) : null,
  ])
}
