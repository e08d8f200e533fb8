import { joined, joinsGraph } from '../autograd/differentiable.js'
import { checkArguments } from '../check.js'
import { complaint, ShapeError } from '../errors.js'
import { resolveDim, resolveDims } from '../tensor/axis.js'
import { copyStrided, placesOf } from '../tensor/strided.js'
import { checkTensor, formatShape, type Tensor } from '../tensor/tensor.js'
import { resultLike } from './result.js'

/**
 * A tensor with its dimensions in another order, as a copy; any dtype.
 *
 * @param dims The dimension of `x` that becomes the first, the second and so on; each of them once.
 * @throws ShapeError when one is missing, or there twice.
 *
 * @example
 * permute(zeros([2, 3, 5]), [2, 0, 1]).shape // [5, 2, 3]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.permute.html
 */
export function permute(x: Tensor, dims: readonly number[]): Tensor {
  checkArguments('permute', 2, arguments)
  checkTensor('permute', x)
  const order = resolveDims('permute', x.shape, dims)
  if (order.length !== x.ndim) {
    throw new ShapeError(
      complaint('permute', 'dims', `each of the ${x.ndim} dimensions once`, formatShape(dims)),
    )
  }
  return inOrder('permute', x, order)
}

/**
 * A tensor with two dimensions exchanged, as a copy; any dtype.
 *
 * @throws ShapeError when there is no such dimension.
 *
 * @example
 * transpose(zeros([2, 3]), 0, 1).shape // [3, 2]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.transpose.html
 */
export function transpose(x: Tensor, dim0: number, dim1: number): Tensor {
  checkArguments('transpose', 3, arguments)
  checkTensor('transpose', x)
  const [a, b] = [resolveDim('transpose', x.shape, dim0), resolveDim('transpose', x.shape, dim1)]
  const order = x.shape.map((_, i) => (i === a ? b : i === b ? a : i))
  return inOrder('transpose', x, order)
}

function inOrder(op: string, x: Tensor, order: readonly number[]): Tensor {
  const out = turned(x, order)
  if (!joinsGraph(x)) return out
  return joined(op, [x], { dims: order }, out, [], ([g]) => [
    turned(
      g!,
      order.map((_, i) => order.indexOf(i)),
    ),
  ])
}

function turned(x: Tensor, order: readonly number[]): Tensor {
  const { strides } = placesOf(x.shape)
  const shape = order.map((dim) => x.shape[dim]!)
  const out = resultLike(shape, x.dtype)
  const from = { offset: 0, strides: order.map((dim) => strides[dim]!) }
  copyStrided(x, from, out, placesOf(shape), shape)
  return out
}
