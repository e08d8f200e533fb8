import { ReduceKind } from '../kernels/kernels.js'
import type { Shape, Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { reduceAlong } from './along.js'

/** The gradient by an operand from that by what it was broadcast to: summed over what was repeated. */
export function sumTo(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient
  const missing = gradient.ndim - shape.length
  const repeated = gradient.shape.map((_, dim) => dim < missing || shape[dim - missing] === 1)
  return reduceAlong(ReduceKind.sum, gradient, repeated, shape)
}
