import { kernels } from '../kernels/backend.js'
import { ReduceKind } from '../kernels/kernels.js'
import { empty, type Shape, type Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'

/** The gradient by an operand from that by what it was broadcast to: summed over what was repeated. */
export function sumTo(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient
  const missing = gradient.ndim - shape.length
  const repeated = (dim: number): boolean => dim < missing || shape[dim - missing] === 1
  let sum = gradient
  for (let dim = 0; dim < gradient.ndim; dim++) {
    const n = gradient.shape[dim]!
    if (n === 1 || !repeated(dim)) continue
    const product = (sizes: Shape): number => sizes.reduce((a, b) => a * b, 1)
    const outer = product(sum.shape.slice(0, dim))
    const inner = product(sum.shape.slice(dim + 1))
    const out = empty(sum.shape.with(dim, 1), gradient.dtype)
    kernels().reduce({ kind: ReduceKind.sum, x: sum, out, outer, n, inner, beta: 0 })
    sum = out
  }
  return sum.reshape(shape)
}
