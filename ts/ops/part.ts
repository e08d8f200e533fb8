import { joined, joinsGraph } from '../autograd/differentiable.js'
import { checkArguments } from '../check.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import { type FloatDType, itemSize } from '../kernels/dtype.js'
import { zeros } from '../tensor/create.js'
import { show } from '../show.js'
import { resolveDim } from '../tensor/axis.js'
import { copyStrided, type Places, placesOf } from '../tensor/strided.js'
import { checkTensor, formatShape, type Shape, Tensor } from '../tensor/tensor.js'
import { resultLike } from './result.js'

/**
 * Places `start` to `start + length` of a dimension. Along dimension 0 it shares memory, otherwise it is a
 * copy; any dtype.
 *
 * @param start A negative one counts from the end.
 * @throws ShapeError when there is no such dimension, or they are not all there.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.narrow.html
 */
export function narrow(x: Tensor, dim: number, start: number, length: number): Tensor {
  checkArguments('narrow', 4, arguments)
  checkTensor('narrow', x)
  const at = resolveDim('narrow', x.shape, dim)
  const n = x.shape[at]!
  const from = fromEnd(start, n)
  if (!Number.isInteger(length) || !(from >= 0) || length < 0 || from + length > n) {
    throw outside(
      'narrow',
      'the range',
      x.shape,
      at,
      `start ${show(start)}, length ${show(length)}`,
    )
  }
  return part('narrow', x, { dim: at, start: from, count: length, step: 1 }, false)
}

/**
 * One place of a dimension, without that dimension. Along dimension 0 it shares memory, otherwise it is a
 * copy; any dtype.
 *
 * @param index A negative one counts from the end.
 * @throws ShapeError when there is no such dimension or place.
 *
 * @example
 * select(tensor([[1, 2], [3, 4]]), 0, -1).toArray() // [3, 4]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.select.html
 */
export function select(x: Tensor, dim: number, index: number): Tensor {
  checkArguments('select', 3, arguments)
  checkTensor('select', x)
  const at = resolveDim('select', x.shape, dim)
  const n = x.shape[at]!
  const start = fromEnd(index, n)
  if (!(start >= 0 && start < n)) {
    throw outside('select', 'the index', x.shape, at, index)
  }
  return part('select', x, { dim: at, start, count: 1, step: 1 }, true)
}

/** A place that may be counted from the end; NaN for what is no whole number. */
function fromEnd(place: number, n: number): number {
  if (!Number.isInteger(place)) return NaN
  return place < 0 ? place + n : place
}

function outside(who: string, what: string, shape: Shape, dim: number, got: unknown): ShapeError {
  const expected = `within dimension ${dim} of ${formatShape(shape)}`
  return new ShapeError(complaint(who, what, expected, got))
}

/**
 * Every `step`-th place of a dimension from `start` to before `end`, which are cut to its size as those of
 * `x[start:end:step]` in Python. With step 1 along dimension 0 it shares memory, otherwise it is a copy; any
 * dtype.
 *
 * @param dim Default 0.
 * @param start Default 0; a negative one counts from the end, as `end`.
 * @param end Default: behind the last.
 * @param step Default 1.
 * @throws ShapeError when there is no such dimension.
 * @throws ValueError unless start, end and step are whole numbers (or undefined, null, Infinity), step > 0.
 *
 * @example
 * slice(arange(6), 0, 1, -1, 2).toArray() // [1, 3]
 */
export function slice(
  x: Tensor,
  dim = 0,
  start?: number | null,
  end?: number | null,
  step = 1,
): Tensor {
  checkArguments('slice', 5, arguments)
  checkTensor('slice', x)
  const at = resolveDim('slice', x.shape, dim)
  const n = x.shape[at]!
  const from = bound('start', start ?? 0, n)
  const to = bound('end', end ?? n, n)
  if (!Number.isInteger(step) || step < 1) {
    throw new ValueError(complaint('slice', 'step', 'a whole number of at least 1', step))
  }
  const count = Math.max(0, Math.ceil((to - from) / step))
  return part('slice', x, { dim: at, start: from, count, step }, false)
}

function bound(what: string, value: number, n: number): number {
  if (!Number.isInteger(value) && value !== Infinity && value !== -Infinity) {
    throw new ValueError(complaint('slice', what, 'a whole number', value))
  }
  return Math.min(n, Math.max(0, value < 0 ? value + n : value))
}

/** Places of a dimension. */
interface Range {
  readonly dim: number
  readonly start: number
  readonly count: number
  readonly step: number
}

/** @param drops Whether the dimension is left out of the result. */
function part(op: string, x: Tensor, range: Range, drops: boolean): Tensor {
  const { dim, count } = range
  const kept = x.shape.with(dim, count)
  const shape = drops ? kept.toSpliced(dim, 1) : kept
  const places = placesIn(x.shape, range)
  const out = partOf(x, range, places, kept, Object.freeze(shape))
  if (!joinsGraph(x)) return out
  const { shape: whole } = x
  const dtype = x.dtype as FloatDType
  return joined(op, [x], { ...range }, out, [], ([g]) => {
    const gradient = zeros(whole, { dtype })
    copyStrided(g!, placesOf(kept), gradient, places, kept)
    return [gradient]
  })
}

/** Where a part lies in the whole. */
function placesIn(shape: Shape, { dim, start, step }: Range): Places {
  const { strides } = placesOf(shape)
  return { offset: start * strides[dim]!, strides: strides.with(dim, strides[dim]! * step) }
}

function partOf(
  x: Tensor,
  { dim, count, step }: Range,
  places: Places,
  kept: Shape,
  shape: Shape,
): Tensor {
  if (dim === 0 && (step === 1 || count === 1)) {
    const offset = x.byteOffset + places.offset * itemSize[x.dtype]
    const length = shape.reduce((product, size) => product * size, 1)
    return new Tensor(x.buffer, offset, shape, x.dtype, length)
  }
  const out = resultLike(shape, x.dtype)
  copyStrided(x, places, out, placesOf(kept), kept)
  return out
}
