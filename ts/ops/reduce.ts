import { checkArguments } from '../check.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import type { FloatDType } from '../kernels/dtype.js'
import { ReduceKind } from '../kernels/kernels.js'
import { flag, type Options, readOptions } from '../options.js'
import { type Axis, axisOf } from '../tensor/axis.js'
import { empty, formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { joined, joinsGraph } from '../autograd/differentiable.js'
import { full } from '../tensor/create.js'
import { mul } from './binary.js'
import { checkOperands } from './check.js'

export interface ReduceOptions {
  /** Keep the reduced dimension, with size 1. Default false. */
  keepdim?: boolean
}

const OPTIONS = { keepdim: flag(false) } satisfies Options<ReduceOptions>

/** What is reduced, and the shape of the result. Without `dim` it is everything. */
function plan(
  who: string,
  x: Tensor,
  dim: number | undefined,
  keepdim: boolean,
): { axis: Axis; shape: Shape } {
  if (dim === undefined) {
    return {
      axis: { dim: 0, outer: 1, n: x.length, inner: 1 },
      shape: keepdim ? x.shape.map(() => 1) : [],
    }
  }
  const axis = axisOf(who, x.shape, dim)
  return { axis, shape: x.shape.toSpliced(axis.dim, 1, ...(keepdim ? [1] : [])) }
}

function reduce(
  who: string,
  kind: ReduceKind,
  x: Tensor,
  dim: number | undefined,
  options: ReduceOptions | undefined,
): Tensor {
  checkOperands(who, x)
  const { keepdim } = readOptions(who, OPTIONS, options)
  const { axis, shape } = plan(who, x, dim, keepdim)
  const out = empty(shape, x.dtype)
  kernels().reduce({ kind, x, out, outer: axis.outer, n: axis.n, inner: axis.inner, beta: 0 })
  if (!joinsGraph(x)) return out
  const { shape: whole } = x
  return joined(who, [x], { dim, keepdim }, out, [], ([gradient]) => {
    if (kind !== ReduceKind.sum && kind !== ReduceKind.mean) return withoutGradient(who)
    const kept = gradient!.reshape(dim === undefined ? whole.map(() => 1) : whole.with(axis.dim, 1))
    const { dtype } = kept as { dtype: FloatDType }
    return [mul(full(whole, kind === ReduceKind.sum ? 1 : 1 / axis.n, { dtype }), kept)]
  })
}

/** Until there are kernels that tell where an extremum is. */
function withoutGradient(who: string): never {
  throw new ValueError(complaint('backward', 'every operation', 'one with a gradient', who))
}

/** An extremum of nothing does not exist. */
function checkNotEmpty(who: string, x: Tensor, dim: number | undefined): void {
  checkOperands(who, x)
  const n = dim === undefined ? x.length : axisOf(who, x.shape, dim).n
  if (n === 0) {
    throw new ShapeError(
      complaint(
        who,
        'what is reduced',
        'of at least one element',
        `shape ${formatShape(x.shape)}${dim === undefined ? '' : ` along ${dim}`}`,
      ),
    )
  }
}

/**
 * Sum along one dimension, or of all elements (a 0-d tensor) when `dim` is left out. `mean`, `max` and
 * `min` work alike.
 *
 * @param dim Negative ones count from the end.
 * @throws ShapeError when there is no such dimension.
 * @throws DTypeError unless the tensor is float32 or float64.
 *
 * @example
 * sum(ones([2, 3]), 1).shape                    // [2]
 * sum(ones([2, 3]), 1, { keepdim: true }).shape // [2, 1]
 */
export function sum(x: Tensor, dim?: number, options?: ReduceOptions): Tensor {
  checkArguments('sum', 3, arguments)
  return reduce('sum', ReduceKind.sum, x, dim, options)
}

/** Arithmetic mean; NaN of nothing. See `sum`. */
export function mean(x: Tensor, dim?: number, options?: ReduceOptions): Tensor {
  checkArguments('mean', 3, arguments)
  return reduce('mean', ReduceKind.mean, x, dim, options)
}

/**
 * Largest element; NaN if there is one. See `sum`.
 *
 * @throws ShapeError also when there is nothing to reduce.
 */
export function max(x: Tensor, dim?: number, options?: ReduceOptions): Tensor {
  checkArguments('max', 3, arguments)
  checkNotEmpty('max', x, dim)
  return reduce('max', ReduceKind.max, x, dim, options)
}

/**
 * Smallest element; NaN if there is one. See `sum`.
 *
 * @throws ShapeError also when there is nothing to reduce.
 */
export function min(x: Tensor, dim?: number, options?: ReduceOptions): Tensor {
  checkArguments('min', 3, arguments)
  checkNotEmpty('min', x, dim)
  return reduce('min', ReduceKind.min, x, dim, options)
}

/**
 * Place of the largest element along a dimension, or in the flattened tensor when `dim` is left out;
 * the first among equals. int32.
 *
 * @throws ShapeError, DTypeError as `max`.
 */
export function argmax(x: Tensor, dim?: number, options?: ReduceOptions): Tensor {
  checkArguments('argmax', 3, arguments)
  checkNotEmpty('argmax', x, dim)
  const { keepdim } = readOptions('argmax', OPTIONS, options)
  const { axis, shape } = plan('argmax', x, dim, keepdim)
  const out = empty(shape, 'int32')
  kernels().argmax({ x, out, outer: axis.outer, n: axis.n, inner: axis.inner })
  return out
}
