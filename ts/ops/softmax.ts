import { checkArguments } from '../check.js'
import { kernels } from '../kernels/backend.js'
import { axisOf } from '../tensor/axis.js'
import type { Tensor } from '../tensor/tensor.js'
import { joined, joinsGraph } from '../autograd/differentiable.js'
import { checkOperands } from './check.js'
import { resultLike } from './result.js'

function along(who: string, x: Tensor, dim: number, log: boolean): Tensor {
  checkOperands(who, x)
  const { outer, n, inner } = axisOf(who, x.shape, dim)
  const out = resultLike(x.shape, x.dtype)
  kernels().softmax({ x, y: out, outer, n, inner, log })
  if (!joinsGraph(x)) return out
  return joined(who, [x], { dim }, out, [out], ([g], _wants, [y]) => {
    const gradX = resultLike(y!.shape, y!.dtype)
    kernels().softmaxGradient({ y: y!, gradY: g!, gradX, outer, n, inner, log })
    return [gradX]
  })
}

/**
 * exp(x_i) / sum_j exp(x_j) along a dimension, by default the last.
 *
 * @throws ShapeError when there is no such dimension.
 * @throws DTypeError unless the tensor is float32 or float64.
 */
export function softmax(x: Tensor, dim = -1): Tensor {
  checkArguments('softmax', 2, arguments)
  return along('softmax', x, dim, false)
}

/** The logarithm of `softmax`, computed without it. */
export function logSoftmax(x: Tensor, dim = -1): Tensor {
  checkArguments('logSoftmax', 2, arguments)
  return along('logSoftmax', x, dim, true)
}
