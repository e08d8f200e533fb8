import { joined, joinsGraph } from '../autograd/differentiable.js'
import { checkArguments } from '../check.js'
import { complaint, ShapeError } from '../errors.js'
import { transposeInto } from '../tensor/strided.js'
import { empty, formatShape, noTensor, Tensor } from '../tensor/tensor.js'

/**
 * A matrix with rows and columns exchanged, as a copy; any dtype.
 *
 * @throws ShapeError unless the tensor has 2 dimensions.
 */
export function transpose(x: Tensor): Tensor {
  checkArguments('transpose', 1, arguments)
  if (!(x instanceof Tensor)) throw noTensor('transpose', 'the operand', x)
  const [rows, cols] = x.shape
  if (x.ndim !== 2 || rows === undefined || cols === undefined) {
    throw new ShapeError(
      complaint('transpose', 'the tensor', 'of 2 dimensions', `shape ${formatShape(x.shape)}`),
    )
  }
  const out = empty([cols, rows], x.dtype)
  transposeInto(x, out, rows, cols)
  return joinsGraph(x) ? joined('transpose', [x], {}, out, [], ([g]) => [transpose(g!)]) : out
}
