import { checkArguments } from '../check.js'
import { kernels } from '../kernels/backend.js'
import { ReduceKind } from '../kernels/kernels.js'
import type { Tensor } from '../tensor/tensor.js'
import { repeated } from '../tensor/strided.js'
import { joined, joinsGraph } from '../autograd/differentiable.js'
import {
  type Dims,
  dimsAndOptions,
  inDoubles,
  planOf,
  REDUCE,
  reduceAlong,
  type ReduceOptions,
} from './along.js'
import { checkOperands } from './check.js'
import { resultLike } from './result.js'

/**
 * Sum along dimensions, or of all elements (a 0-d tensor) when `dim` is left out; of int32 and uint8 as int32.
 *
 * @param dim One dimension or a list of them; negative ones count from the end. The options may stand in
 *   its place. The same holds for `mean`, `amax`, `amin`, `var`, `std`, `norm` and `logsumexp`.
 * @throws ShapeError when there is no such dimension, or one is named twice.
 *
 * @example
 * sum(ones([2, 3]), 1).shape                         // [2]
 * sum(ones([2, 3, 4]), [0, -1], { keepdim: true }).shape // [1, 3, 1]
 *
 * @see https://pytorch.org/docs/stable/generated/torch.sum.html
 */
export function sum(x: Tensor, dim?: Dims | ReduceOptions, options?: ReduceOptions): Tensor {
  checkArguments('sum', 3, arguments)
  const whole = inDoubles('sum', x)
  if (whole !== x) return sum(whole, dim, options).to('int32')
  return added('sum', ReduceKind.sum, x, dim, options)
}

/**
 * Arithmetic mean along dimensions; NaN of nothing. See `sum`.
 *
 * @throws DTypeError unless the tensor is float32 or float64.
 */
export function mean(x: Tensor, dim?: Dims | ReduceOptions, options?: ReduceOptions): Tensor {
  checkArguments('mean', 3, arguments)
  return added('mean', ReduceKind.mean, x, dim, options)
}

function added(
  who: string,
  kind: ReduceKind,
  x: Tensor,
  given: Dims | ReduceOptions | undefined,
  options: ReduceOptions | undefined,
): Tensor {
  checkOperands(who, x)
  const [dim, { keepdim }] = dimsAndOptions(who, REDUCE, given, options)
  const { whole, reduced, shape, kept, count } = planOf(who, x, dim, keepdim)
  const out = reduceAlong(kind, x, reduced, shape)
  if (!joinsGraph(x)) return out
  return joined(who, [x], { dim, keepdim }, out, [], ([gradient]) => {
    const g = gradient!
    if (kind === ReduceKind.sum) return [repeated(g.reshape(kept), whole)]
    const share = resultLike(kept, g.dtype)
    kernels().affine({ x: g, y: share, n: g.length, scale: 1 / count, shift: 0 })
    return [repeated(share, whole)]
  })
}
