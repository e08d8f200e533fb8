// Functions that change nothing but the shape: they share the memory of their tensor.
import { checkArguments } from '../check.js'
import { complaint, ShapeError } from '../errors.js'
import { resolveDim, resolveDims } from '../tensor/axis.js'
import { checkTensor, formatShape, type Shape, shapeOf, type Tensor } from '../tensor/tensor.js'

/**
 * The same elements under another shape; shares memory. One size may be -1: it is inferred.
 *
 * @throws ShapeError when the numbers of elements differ.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.reshape.html
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkArguments('reshape', 2, arguments)
  checkTensor('reshape', x)
  return x.reshape(shape)
}

/**
 * Without the dimensions of size 1, or without those of `dim` that have it; shares memory.
 *
 * @throws ShapeError when there is no such dimension.
 *
 * @example
 * squeeze(zeros([1, 3, 1])).shape     // [3]
 * squeeze(zeros([1, 3, 1]), -1).shape // [1, 3]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.squeeze.html
 */
export function squeeze(x: Tensor, dim?: number | readonly number[]): Tensor {
  checkArguments('squeeze', 2, arguments)
  checkTensor('squeeze', x)
  const dims = dim === undefined ? null : resolveDims('squeeze', x.shape, dim)
  return x.reshape(x.shape.filter((size, i) => size !== 1 || dims?.includes(i) === false))
}

/**
 * With one more dimension, of size 1, before that of this number; shares memory.
 *
 * @param dim From -ndim - 1 to ndim.
 * @throws ShapeError when it is another one.
 *
 * @example
 * unsqueeze(zeros([2, 3]), -1).shape // [2, 3, 1]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.unsqueeze.html
 */
export function unsqueeze(x: Tensor, dim: number): Tensor {
  checkArguments('unsqueeze', 2, arguments)
  checkTensor('unsqueeze', x)
  return x.reshape(unsqueezed('unsqueeze', x.shape, dim))
}

/** A shape with one more dimension. @throws ShapeError when it cannot stand there. */
export function unsqueezed(who: string, shape: Shape, dim: number): number[] {
  return shape.toSpliced(resolveDim(who, [...shape, 1], dim), 0, 1)
}

/**
 * Dimensions from `startDim` to `endDim` as one; shares memory. A scalar gets one dimension.
 *
 * @param startDim Default 0.
 * @param endDim Included; default the last.
 * @throws ShapeError when there is no such dimension, or the end lies before the start.
 *
 * @example
 * flatten(zeros([2, 3, 4]), 1).shape // [2, 12]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.flatten.html
 */
export function flatten(x: Tensor, startDim = 0, endDim = -1): Tensor {
  checkArguments('flatten', 3, arguments)
  checkTensor('flatten', x)
  const shape = x.ndim === 0 ? [1] : x.shape
  const start = resolveDim('flatten', shape, startDim)
  const end = resolveDim('flatten', shape, endDim)
  if (end < start) {
    throw new ShapeError(complaint('flatten', 'endDim', `at least startDim, ${startDim}`, endDim))
  }
  const size = shape.slice(start, end + 1).reduce((product, n) => product * n, 1)
  return x.reshape([...shape.slice(0, start), size, ...shape.slice(end + 1)])
}

/**
 * A dimension as several; shares memory.
 *
 * @param sizes Their product is the size of the dimension; one may be -1: it is inferred.
 * @throws ShapeError when there is no such dimension, or it is none.
 *
 * @example
 * unflatten(zeros([2, 12]), 1, [3, -1]).shape // [2, 3, 4]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.unflatten.html
 */
export function unflatten(x: Tensor, dim: number, sizes: readonly number[]): Tensor {
  checkArguments('unflatten', 3, arguments)
  checkTensor('unflatten', x)
  const at = resolveDim('unflatten', x.shape, dim)
  const n = x.shape[at]!
  const own = shapeOf(sizes)
  const unknown = own.indexOf(-1)
  const whole = own.every((size, i) => Number.isInteger(size) && (size >= 0 || i === unknown))
  const known = whole
    ? own.reduce((product, size, i) => product * (i === unknown ? 1 : size), 1)
    : 0
  const inferred = unknown < 0 ? 1 : known === 0 ? 0 : n / known
  if (own.length === 0 || !Number.isInteger(inferred) || known * inferred !== n || !whole) {
    const expected = `sizes whose product is ${n}`
    throw new ShapeError(complaint('unflatten', 'the sizes', expected, formatShape(own)))
  }
  if (unknown >= 0) own[unknown] = inferred
  return x.reshape(x.shape.toSpliced(at, 1, ...own))
}
