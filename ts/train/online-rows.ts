import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { formatShape, noTensor, type Shape, Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'

/** Shape and dtype of a row of x, and of y. */
export type RowKind = readonly (readonly [shape: Shape, dtype: string])[]

export function kindOf(...tensors: readonly Tensor[]): RowKind {
  return tensors.map(({ shape, dtype }) => [shape.slice(1), dtype] as const)
}

/**
 * Rows to learn from: one at least, as many of y as of x, finite, and like those before.
 *
 * @throws ValueError, ShapeError, DTypeError
 */
export function checkRows(x: Tensor, y: Tensor, before: RowKind | null): void {
  checkOne('x', x)
  checkOne('y', y)
  if (x.shape[0] !== y.shape[0]) {
    const expected = `of ${x.shape[0]} rows as x is`
    throw new ShapeError(complaint('partialFit', 'y', expected, `${y.shape[0]}`))
  }
  kindOf(x, y).forEach(([shape, dtype], i) => {
    const known = before?.[i]
    if (known === undefined) return
    const what = `rows of ${i === 0 ? 'x' : 'y'}`
    if (!sameShape(known[0], shape)) {
      const expected = `shape ${formatShape(known[0])} as before`
      throw new ShapeError(complaint('partialFit', what, expected, `shape ${formatShape(shape)}`))
    }
    if (known[1] !== dtype) {
      throw new DTypeError(complaint('partialFit', what, `${known[1]} as before`, dtype))
    }
  })
}

function checkOne(what: string, tensor: unknown): void {
  if (!(tensor instanceof Tensor)) throw noTensor('partialFit', what, tensor)
  const { shape, data, length } = tensor
  const [rows] = shape
  if (rows === undefined || rows === 0) {
    const got = `shape ${formatShape(shape)}`
    throw new ShapeError(complaint('partialFit', what, 'at least one row', got))
  }
  const odd = data.findIndex((value) => !Number.isFinite(value))
  if (odd < 0) return
  const row = Math.floor((odd * rows) / length)
  throw new ValueError(complaint('partialFit', `row ${row} of ${what}`, 'finite', data[odd]))
}
