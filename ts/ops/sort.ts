import { joinedAll, joinsGraph } from '../autograd/differentiable.js'
import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { flag, type Options, readOptions } from '../options.js'
import { axisOf } from '../tensor/axis.js'
import { checkTensor, empty, type Tensor } from '../tensor/tensor.js'
import type { ValuesAndIndices } from './extremes.js'

export interface SortOptions {
  /** The largest first. Default false. */
  descending?: boolean
}

const SORT = { descending: flag(false) } satisfies Options<SortOptions>

export interface TopkOptions {
  /** The largest, and not the smallest. Default true. */
  largest?: boolean
}

const TOPK = { largest: flag(true) } satisfies Options<TopkOptions>

/** @param count How many; null: all. */
function inOrder(
  who: string,
  x: Tensor,
  dim: number,
  count: number | null,
  descending: boolean,
): ValuesAndIndices {
  // A 0-d tensor is one of one element.
  const { dim: at, outer, n, inner } = axisOf(who, x.ndim === 0 ? [1] : x.shape, dim)
  const k = count ?? n
  if (!Number.isInteger(k) || k < 0 || k > n) {
    throw new ValueError(complaint(who, 'k', `a whole number from 0 to ${n}`, k))
  }
  const shape = x.ndim === 0 && k === 1 ? [] : (x.ndim === 0 ? [1] : x.shape).with(at, k)
  const values = empty(shape, x.dtype)
  const indices = empty(shape, 'int32')
  kernels().sort({ x, values, indices, outer, n, inner, k, descending })
  if (joinsGraph(x)) {
    const { shape: whole, dtype } = x
    joinedAll(who, [x], { dim, k, descending }, [values], [indices], ([g], _, [saved]) => {
      const gradient = empty(whole, dtype)
      const sizes = { rows: k, cols: inner, count: n, outer }
      kernels().scatter({ src: g!, index: saved!, out: gradient, ...sizes, beta: 0, each: true })
      return [gradient]
    })
  }
  return { values, indices }
}

/**
 * Elements in order along a dimension, and the places that they had (int32); any dtype. Equal ones keep
 * their order; NaN is larger than all numbers.
 *
 * @param dim Default -1.
 * @throws ShapeError when there is no such dimension.
 *
 * @example
 * const { values, indices } = sort(scores, 1, { descending: true })
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.sort.html
 */
export function sort(x: Tensor, dim = -1, options?: SortOptions): ValuesAndIndices {
  checkArguments('sort', 3, arguments)
  checkTensor('sort', x)
  return inOrder('sort', x, dim, null, readOptions('sort', SORT, options).descending)
}

/** The places that elements in order had: `sort(x, dim, options).indices`. */
export function argsort(x: Tensor, dim = -1, options?: SortOptions): Tensor {
  checkArguments('argsort', 3, arguments)
  checkTensor('argsort', x)
  const { descending } = readOptions('argsort', SORT, options)
  return inOrder('argsort', x.detach(), dim, null, descending).indices
}

/**
 * The k largest elements along a dimension, the largest first, and their places (int32); any dtype. Of equal
 * ones the first come first; NaN is larger than all numbers.
 *
 * @param dim Default -1.
 * @throws ShapeError when there is no such dimension.
 * @throws ValueError unless `k` is a whole number up to its size.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.topk.html
 */
export function topk(x: Tensor, k: number, dim = -1, options?: TopkOptions): ValuesAndIndices {
  checkArguments('topk', 4, arguments)
  checkTensor('topk', x)
  return inOrder('topk', x, dim, k, readOptions('topk', TOPK, options).largest)
}
