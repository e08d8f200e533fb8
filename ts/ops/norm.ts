import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { ReduceKind } from '../kernels/kernels.js'
import type { Tensor } from '../tensor/tensor.js'
import { joined, joinsGraph } from '../autograd/differentiable.js'
import {
  type Dims,
  dimsAndOptions,
  type Plan,
  planOf,
  REDUCE,
  reduceAlong,
  type ReduceOptions,
} from './along.js'
import { div, mul } from './binary.js'
import { checkOperands } from './check.js'
import { eq, ne, where } from './mask.js'
import { pow } from './pow.js'
import { abs, sign, sqrt, square } from './unary.js'

/** (Σ |x|^p)^(1/p), and what it comes to for the p that are no such sum. */
function computed(x: Tensor, p: number, { reduced, shape, count }: Plan): Tensor {
  const folded = (kind: ReduceKind, of: Tensor): Tensor => reduceAlong(kind, of, reduced, shape)
  if (p === 2) return sqrt(folded(ReduceKind.sum, square(x)))
  if (p === 0) return folded(ReduceKind.sum, ne(x, 0).to(x.dtype))
  const sizes = abs(x)
  if (p === 1 || count === 0) return folded(ReduceKind.sum, sizes)
  if (p === Infinity) return folded(ReduceKind.max, sizes)
  if (p === -Infinity) return folded(ReduceKind.min, sizes)
  return pow(folded(ReduceKind.sum, pow(sizes, p)), 1 / p)
}

/** The gradient by x from that by its norm y, both with the reduced dimensions kept. */
function derived(
  x: Tensor,
  y: Tensor,
  g: Tensor,
  p: number,
  { reduced, kept }: Plan,
): Tensor | null {
  const unlessZero = (of: Tensor, value: Tensor): Tensor => where(eq(of, 0), 0, value)
  if (p === 0) return null
  if (p === 1) return mul(sign(x), g)
  if (p === 2) return mul(x, unlessZero(y, div(g, y)))
  const sizes = abs(x)
  if (Math.abs(p) === Infinity) {
    const mask = eq(sizes, y)
    const sharing = reduceAlong(ReduceKind.sum, mask.to(x.dtype), reduced, kept)
    return mul(sign(x), where(mask, div(g, sharing), 0))
  }
  const powers = mul(sign(x), p < 1 ? unlessZero(x, pow(sizes, p - 1)) : pow(sizes, p - 1))
  if (p < 1) return mul(powers, mul(g, pow(y, 1 - p)))
  return mul(powers, unlessZero(y, div(g, pow(y, p - 1))))
}

/**
 * Norm along dimensions, of all elements when `dim` is left out: (Σ |x|^p)^(1/p), the largest |x| for
 * Infinity, the smallest for -Infinity, how many are not 0 for 0. 0 of nothing. Its gradient at 0 is 0. See
 * `sum`.
 *
 * @param p Default 2.
 * @throws ShapeError, DTypeError as `mean`, ValueError unless p is a number.
 * @see https://pytorch.org/docs/stable/generated/torch.norm.html
 *
 * @example
 * norm(tensor([3, 4])).item() // 5
 */
export function norm(
  x: Tensor,
  p: number | 'fro' | null = 2,
  dim?: Dims | ReduceOptions,
  options?: ReduceOptions,
): Tensor {
  checkArguments('norm', 4, arguments)
  checkOperands('norm', x)
  const order = p === 'fro' || p === null ? 2 : p
  if (typeof order !== 'number' || Number.isNaN(order)) {
    throw new ValueError(complaint('norm', 'p', "a number or 'fro'", p))
  }
  const [dims, { keepdim }] = dimsAndOptions('norm', REDUCE, dim, options)
  const plan = planOf('norm', x, dims, keepdim)
  const out = computed(x.detach(), order, plan)
  if (!joinsGraph(x)) return out
  const { kept } = plan
  return joined('norm', [x], { p: order, dim: dims, keepdim }, out, [x, out], ([g], _, saved) => [
    derived(saved[0]!, saved[1]!.reshape(kept), g!.reshape(kept), order, plan),
  ])
}
