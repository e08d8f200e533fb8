import { joined, joinsGraph } from '../autograd/differentiable.js'
import { checkArguments } from '../check.js'
import { complaint, ShapeError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { checkDim } from '../tensor/axis.js'
import { checkTensor, empty, formatShape, type Tensor } from '../tensor/tensor.js'

function triangle(who: string, x: Tensor, diagonal: number, upper: boolean): Tensor {
  checkTensor(who, x)
  checkDim(who, diagonal, 'diagonal')
  if (x.ndim < 2) {
    const got = `shape ${formatShape(x.shape)}`
    throw new ShapeError(complaint(who, 'the tensor', 'of at least 2 dimensions', got))
  }
  const cut = (from: Tensor): Tensor => {
    const out = empty(from.shape, from.dtype)
    const [rows, cols] = from.shape.slice(-2) as [number, number]
    const batch = from.length === 0 ? 0 : from.length / (rows * cols)
    // A diagonal further away than any element is as good as the next one.
    const near = Math.min(cols, Math.max(-rows, diagonal))
    kernels().triangle({ x: from, out, batch, rows, cols, diagonal: near, upper })
    return out
  }
  const out = cut(x)
  return joinsGraph(x) ? joined(who, [x], { diagonal }, out, [], ([g]) => [cut(g!)]) : out
}

/**
 * Matrices, the last two dimensions, with 0 above a diagonal; any dtype.
 *
 * @param diagonal Default 0, the main one; those above it are 1, 2, …
 * @throws ShapeError for fewer than 2 dimensions.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.tril.html
 */
export function tril(x: Tensor, diagonal = 0): Tensor {
  checkArguments('tril', 2, arguments)
  return triangle('tril', x, diagonal, false)
}

/** The same with 0 below the diagonal. See `tril`. */
export function triu(x: Tensor, diagonal = 0): Tensor {
  checkArguments('triu', 2, arguments)
  return triangle('triu', x, diagonal, true)
}
