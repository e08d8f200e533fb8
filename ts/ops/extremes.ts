import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { ReduceKind } from '../kernels/kernels.js'
import { readOptions } from '../options.js'
import { type Axis, axisOf } from '../tensor/axis.js'
import type { Tensor } from '../tensor/tensor.js'
import { joined, joinsGraph } from '../autograd/differentiable.js'
import {
  checkNotEmpty,
  type Dims,
  dimsAndOptions,
  inDoubles,
  type Plan,
  planOf,
  REDUCE,
  reduceAlong,
  type ReduceOptions,
} from './along.js'
import { div, mul } from './binary.js'
import { checkOperands } from './check.js'
import { eq, ne, where } from './mask.js'
import { resultLike } from './result.js'

/** Extrema along a dimension, and where they stand: int32. */
export interface ValuesAndIndices {
  readonly values: Tensor
  readonly indices: Tensor
}

const kindOf = (smallest: boolean): ReduceKind => (smallest ? ReduceKind.min : ReduceKind.max)

/**
 * The gradient by x from that by its extrema y, both with the reduced dimensions kept: shared evenly by the
 * elements that `mask` marks.
 */
export function evenly(mask: Tensor, gradient: Tensor, { reduced, kept }: Plan): Tensor {
  const ones = mask.to(gradient.dtype)
  return mul(ones, div(gradient, reduceAlong(ReduceKind.sum, ones, reduced, kept)))
}

/** The extremum of what a plan reduces; its gradient is shared by all that `marks` says are it. */
function extremum(
  who: string,
  smallest: boolean,
  x: Tensor,
  plan: Plan,
  marks: (x: Tensor, y: Tensor) => Tensor,
): Tensor {
  checkOperands(who, x)
  checkNotEmpty(who, plan)
  const out = reduceAlong(kindOf(smallest), x, plan.reduced, plan.shape)
  if (!joinsGraph(x)) return out
  const { kept } = plan
  return joined(who, [x], {}, out, [x, out], ([g], _wants, [saved, extrema]) => [
    evenly(marks(saved!, extrema!.reshape(kept)), g!.reshape(kept), plan),
  ])
}

/** Where the NaN are if the extremum is one. */
const equalOrNaN = (x: Tensor, y: Tensor): Tensor => where(ne(y, y), ne(x, x), eq(x, y))

function extremes(
  who: string,
  smallest: boolean,
  x: Tensor,
  given: Dims | ReduceOptions | undefined,
  options: ReduceOptions | undefined,
): Tensor {
  const whole = inDoubles(who, x)
  const [dim, { keepdim }] = dimsAndOptions(who, REDUCE, given, options)
  const out = extremum(who, smallest, whole, planOf(who, x, dim, keepdim), eq)
  return whole === x ? out : out.to(x.dtype)
}

/**
 * Largest elements along dimensions, or the largest of all; NaN if there is one. All elements that are it
 * share its gradient. Any dtype. See `sum`.
 *
 * @throws ShapeError also when there is nothing to reduce.
 * @see https://pytorch.org/docs/stable/generated/torch.amax.html
 */
export function amax(x: Tensor, dim?: Dims | ReduceOptions, options?: ReduceOptions): Tensor {
  checkArguments('amax', 3, arguments)
  return extremes('amax', false, x, dim, options)
}

/** Smallest elements; see `amax`. */
export function amin(x: Tensor, dim?: Dims | ReduceOptions, options?: ReduceOptions): Tensor {
  checkArguments('amin', 3, arguments)
  return extremes('amin', true, x, dim, options)
}

/** A plan for one dimension, and where the extremum stands along it. */
function places(
  who: string,
  smallest: boolean,
  x: Tensor,
  dim: number | null | undefined,
  keepdim: boolean,
): { plan: Plan; axis: Omit<Axis, 'dim'>; indices: Tensor } {
  checkOperands(who, x)
  const plan = planOf(who, x, dim, keepdim)
  checkNotEmpty(who, plan)
  const axis =
    dim === undefined || dim === null
      ? { outer: 1, n: x.length, inner: 1 }
      : axisOf(who, x.ndim === 0 ? [1] : x.shape, dim)
  const { outer, n, inner } = axis
  const indices = resultLike(plan.shape, 'int32')
  kernels().argmax({ x, out: indices, outer, n, inner, smallest })
  return { plan, axis, indices }
}

function extremumOf(
  who: string,
  smallest: boolean,
  x: Tensor,
  dim: number | null | undefined,
  options: ReduceOptions | undefined,
): Tensor | ValuesAndIndices {
  const whole = inDoubles(who, x)
  const back = (values: Tensor): Tensor => (whole === x ? values : values.to(x.dtype))
  if (dim === undefined || dim === null) {
    if (options !== undefined) {
      throw new ValueError(
        complaint(who, 'the options', 'left out without a dimension', options, `use a${who}`),
      )
    }
    return back(extremum(who, smallest, whole, planOf(who, whole, null, false), equalOrNaN))
  }
  const { keepdim } = readOptions(who, REDUCE, options)
  const { plan, axis, indices } = places(who, smallest, whole, dim, keepdim)
  const { reduced, shape, whole: sizes } = plan
  const values = reduceAlong(kindOf(smallest), whole, reduced, shape)
  if (!joinsGraph(x)) return { values: back(values), indices }
  joined(who, [x], { dim, keepdim }, values, [indices], ([g], _wants, [at]) => {
    const gradient = resultLike(sizes, g!.dtype)
    const { outer, n: count, inner: cols } = axis
    const line = { rows: 1, cols, count, outer }
    kernels().scatter({ src: g!, index: at!, out: gradient, ...line, beta: 0, each: true })
    return [gradient]
  })
  return { values, indices }
}

/**
 * The largest element, NaN if there is one; with `dim` the largest along a dimension, and where the first
 * of them stands. The gradient along a dimension goes to that one; that of the largest of all is shared by
 * all that are it. Any dtype.
 *
 * @param dim Negative ones count from the end.
 * @throws ShapeError when there is no such dimension, or nothing to reduce.
 * @see https://pytorch.org/docs/stable/generated/torch.max.html
 *
 * @example
 * max(tensor([3, 7, 5])).item() // 7
 * max(tensor([[3, 7], [5, 1]]), 1).indices // [1, 0]
 */
export function max(x: Tensor, dim: number, options?: ReduceOptions): ValuesAndIndices
export function max(x: Tensor): Tensor
export function max(x: Tensor, dim?: number, options?: ReduceOptions): Tensor | ValuesAndIndices {
  checkArguments('max', 3, arguments)
  return extremumOf('max', false, x, dim, options)
}

/** The smallest element, or the smallest along a dimension and where it stands; see `max`. */
export function min(x: Tensor, dim: number, options?: ReduceOptions): ValuesAndIndices
export function min(x: Tensor): Tensor
export function min(x: Tensor, dim?: number, options?: ReduceOptions): Tensor | ValuesAndIndices {
  checkArguments('min', 3, arguments)
  return extremumOf('min', true, x, dim, options)
}

/**
 * Place of the largest element along a dimension, or in the flattened tensor when `dim` is left out; the
 * first among equals, or the first NaN. int32; of any dtype.
 *
 * @throws ShapeError when there is no such dimension, or nothing to reduce.
 */
export function argmax(
  x: Tensor,
  dim?: number | null | ReduceOptions,
  options?: ReduceOptions,
): Tensor {
  checkArguments('argmax', 3, arguments)
  return place('argmax', false, x, dim, options)
}

/** Place of the smallest element; see `argmax`. */
export function argmin(
  x: Tensor,
  dim?: number | null | ReduceOptions,
  options?: ReduceOptions,
): Tensor {
  checkArguments('argmin', 3, arguments)
  return place('argmin', true, x, dim, options)
}

function place(
  who: string,
  smallest: boolean,
  x: Tensor,
  given: number | null | ReduceOptions | undefined,
  options: ReduceOptions | undefined,
): Tensor {
  const whole = inDoubles(who, x)
  const [dim, { keepdim }] = dimsAndOptions(who, REDUCE, given, options)
  return places(who, smallest, whole, dim as number | null | undefined, keepdim).indices
}
