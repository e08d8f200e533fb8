import { checkArguments } from '../check.js'
import { kernels } from '../kernels/backend.js'
import { ReduceKind } from '../kernels/kernels.js'
import { type Axis, axisOf } from '../tensor/axis.js'
import type { Tensor } from '../tensor/tensor.js'
import { joined, joinsGraph } from '../autograd/differentiable.js'
import {
  dimsAndOptions,
  inDoubles,
  planOf,
  REDUCE,
  reduceAlong,
  type ReduceOptions,
} from './along.js'
import { mul } from './binary.js'
import { checkOperands } from './check.js'
import { resultLike } from './result.js'

interface Direction {
  readonly reverse?: boolean
  readonly exclusive?: boolean
}

function scanned(kind: 0 | 4, x: Tensor, { outer, n, inner }: Axis, direction: Direction): Tensor {
  const y = resultLike(x.shape, x.dtype)
  kernels().scan({ kind, x, y, outer, n, inner, ...direction })
  return y
}

/** A 0-d tensor has one dimension, as in PyTorch. */
function lineOf(who: string, x: Tensor, dim: number): Axis {
  return axisOf(who, x.ndim === 0 ? [1] : x.shape, dim)
}

/**
 * y_j = x_0 + … + x_j along a dimension; of int32 and uint8 as int32. float32 is added up in float64.
 *
 * @param dim Negative ones count from the end.
 * @throws ShapeError when there is no such dimension.
 * @see https://pytorch.org/docs/stable/generated/torch.cumsum.html
 *
 * @example
 * cumsum(tensor([1, 2, 3]), 0) // [1, 3, 6]
 */
export function cumsum(x: Tensor, dim: number): Tensor {
  checkArguments('cumsum', 2, arguments)
  const whole = inDoubles('cumsum', x)
  if (whole !== x) return cumsum(whole, dim).to('int32')
  checkOperands('cumsum', x)
  const axis = lineOf('cumsum', x, dim)
  const out = scanned(ReduceKind.sum, x, axis, {})
  if (!joinsGraph(x)) return out
  return joined('cumsum', [x], { dim }, out, [], ([g]) => [
    scanned(ReduceKind.sum, g!, axis, { reverse: true }),
  ])
}

/**
 * Product along one dimension, or of all elements when `dim` is left out; 1 of nothing; of int32 and uint8 as
 * int32. The gradient is exact with zeros, too: that by an element is the product of all others.
 *
 * @param dim Negative ones count from the end. The options may stand in its place.
 * @throws ShapeError when there is no such dimension.
 * @see https://pytorch.org/docs/stable/generated/torch.prod.html
 */
export function prod(
  x: Tensor,
  dim?: number | null | ReduceOptions,
  options?: ReduceOptions,
): Tensor {
  checkArguments('prod', 3, arguments)
  const whole = inDoubles('prod', x)
  if (whole !== x) return prod(whole, dim, options).to('int32')
  checkOperands('prod', x)
  const [along, { keepdim }] = dimsAndOptions('prod', REDUCE, dim, options)
  const axis =
    along === undefined || along === null
      ? { dim: 0, outer: 1, n: x.length, inner: 1 }
      : lineOf('prod', x, along as number)
  const { reduced, shape, kept } = planOf('prod', x, along, keepdim)
  const out = reduceAlong(ReduceKind.product, x, reduced, shape)
  if (!joinsGraph(x)) return out
  return joined('prod', [x], { dim: along, keepdim }, out, [x], ([g], _wants, [saved]) => {
    const before = scanned(ReduceKind.product, saved!, axis, { exclusive: true })
    const after = scanned(ReduceKind.product, saved!, axis, { exclusive: true, reverse: true })
    return [mul(mul(before, after), g!.reshape(kept))]
  })
}
