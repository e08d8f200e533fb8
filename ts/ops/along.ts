// Along which dimensions a function works, and reductions along any of them.
import { isPlain } from '../check.js'
import { complaint, ShapeError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { ReduceKind } from '../kernels/kernels.js'
import type { View } from '../kernels/view.js'
import { flag, type Options, readOptions, type Values } from '../options.js'
import { resolveDims } from '../tensor/axis.js'
import { formatShape, noTensor, type Shape, Tensor } from '../tensor/tensor.js'
import { resultLike } from './result.js'

/** One dimension or several; null, an empty list or nothing: all of them. */
export type Dims = number | readonly number[] | null

export interface ReduceOptions {
  /** Keep the reduced dimensions, with size 1. Default false. */
  keepdim?: boolean
}

export const REDUCE = { keepdim: flag(false) } satisfies Options<ReduceOptions>

/** What is reduced of a shape, and what is left of it. */
export interface Plan {
  readonly whole: Shape
  /** By dimension; null: everything. */
  readonly reduced: readonly boolean[] | null
  /** The shape of the result. */
  readonly shape: Shape
  /** The same with the reduced dimensions, of size 1. */
  readonly kept: Shape
  /** Elements that come to one. */
  readonly count: number
}

/** Where the options may come in the place of the dimensions. */
export function dimsAndOptions<O, T extends Options<O>>(
  who: string,
  table: T,
  dims: Dims | O | undefined,
  options: O | undefined,
): [Dims | undefined, Values<T>] {
  if (options === undefined && isPlain(dims)) return [undefined, readOptions(who, table, dims)]
  return [dims as Dims | undefined, readOptions(who, table, options)]
}

/** @throws ShapeError unless the shape has these dimensions, each of them once. */
export function planOf(who: string, x: Tensor, dims: Dims | undefined, keepdim: boolean): Plan {
  const { shape: whole } = x
  if (dims === undefined || dims === null || (Array.isArray(dims) && dims.length === 0)) {
    const kept = whole.map(() => 1)
    return { whole, reduced: null, shape: keepdim ? kept : [], kept, count: x.length }
  }
  // A 0-d tensor has one dimension to reduce, as in PyTorch.
  const named = whole.length === 0 ? [1] : whole
  const places = resolveDims(who, named, dims)
  const reduced = whole.map((_, dim) => places.includes(dim))
  const count = places.reduce((product, dim) => product * named[dim]!, 1)
  const kept = whole.map((size, dim) => (reduced[dim] ? 1 : size))
  return {
    whole,
    reduced,
    shape: keepdim ? kept : whole.filter((_, i) => !reduced[i]),
    kept,
    count,
  }
}

/** @throws ShapeError where a result would be an extremum of nothing. */
export function checkNotEmpty(who: string, { whole, count }: Plan): void {
  if (count > 0) return
  throw new ShapeError(
    complaint(who, 'what is reduced', 'of at least one element', `shape ${formatShape(whole)}`),
  )
}

/** Neighbouring dimensions that are all reduced or all kept. */
interface Run {
  size: number
  readonly reduced: boolean
}

function runsOf(shape: Shape, reduced: readonly boolean[]): Run[] {
  const runs: Run[] = []
  shape.forEach((size, dim) => {
    if (size === 1) return
    const last = runs.at(-1)
    if (last?.reduced === reduced[dim]) last!.size *= size
    else runs.push({ size, reduced: reduced[dim]! })
  })
  return runs
}

/** Reduces along the marked dimensions (null: all), neighbouring ones in one call. */
export function reduceAlong(
  kind: ReduceKind,
  x: Tensor,
  reduced: readonly boolean[] | null,
  shape: Shape,
): Tensor {
  const out = resultLike(shape, x.dtype)
  if (x.length === 0) {
    // Each result is of nothing, and what one dimension leaves of others beside a 0 may be huge.
    kernels().reduce({ kind, x, out, outer: out.length, n: 0, inner: 1, beta: 0 })
    return out
  }
  const runs = reduced === null ? [{ size: x.length, reduced: true }] : runsOf(x.shape, reduced)
  let left = runs.filter((run) => run.reduced).length
  if (left === 0) {
    kernels().reduce({ kind, x, out, outer: x.length, n: 1, inner: 1, beta: 0 })
    return out
  }
  let from: View = x
  let inner = 1
  for (let i = runs.length - 1; i >= 0; i--) {
    const { size: n, reduced: here } = runs[i]!
    if (!here) {
      inner *= n
      continue
    }
    let outer = 1
    for (let j = 0; j < i; j++) outer *= runs[j]!.size
    const to: View = --left === 0 ? out : resultLike([outer * inner], x.dtype)
    kernels().reduce({ kind, x: from, out: to, outer, n, inner, beta: 0 })
    from = to
  }
  return out
}

/**
 * An integer tensor as float64, which holds its numbers exactly; a float one as it is.
 *
 * @throws ValueError unless it is a tensor.
 */
export function inDoubles(who: string, x: Tensor): Tensor {
  if (!(x instanceof Tensor)) throw noTensor(who, 'an operand', x)
  return x.dtype === 'int32' || x.dtype === 'uint8' ? x.to('float64') : x
}
