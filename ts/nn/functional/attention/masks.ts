import { complaint, DTypeError, ShapeError } from '../../../errors.js'
import { repeated } from '../../../tensor/strided.js'
import { formatShape, noTensor, type Shape, Tensor } from '../../../tensor/tensor.js'
import { sameShape } from '../../../tensor/workspace.js'
import type { LaidMask } from './attend.js'

/**
 * A mask as the kernel reads it: keys side by side, everything else by steps. What is broadcast is not
 * copied, but for a single key that stands for all, or one of several dimensions of a batch alone.
 *
 * @param shape (…, heads, rows, keys), where it is broadcast to.
 */
export function layMask(who: string, what: string, mask: Tensor, shape: Shape): LaidMask {
  if (shape.length < 3) return layMask(who, what, mask, [1, ...shape])
  const own = [...Array<number>(Math.max(0, shape.length - mask.ndim)).fill(1), ...mask.shape]
  const fits = own.length === shape.length && own.every((n, i) => n === 1 || n === shape[i])
  if (!fits) {
    const expected = `a shape that is broadcast to ${formatShape(shape)}`
    throw new ShapeError(complaint(who, what, expected, formatShape(mask.shape)))
  }
  const last = shape.length - 1
  const leading = own.slice(0, last - 2)
  const whole = leading.every((n, i) => n === shape[i])
  const single = leading.every((n) => n === 1)
  const keys = own[last] === shape[last]
  if (!keys || !(whole || single)) {
    const full = own.map((n, i) =>
      i === last || (i < last - 2 && !whole && !single) ? shape[i]! : n,
    )
    return layMask(who, what, repeated(mask.detach().reshape(own), full), shape)
  }
  const [heads, rows, count] = own.slice(-3) as [number, number, number]
  const step = (n: number, elements: number): number => (n === 1 ? 0 : elements)
  return {
    x: mask,
    batch: whole && leading.length > 0 && !single ? heads * rows * count : 0,
    head: step(heads, rows * count),
    row: step(rows, count),
  }
}

/** @throws ValueError, DTypeError unless it is a tensor of uint8, or of the dtype of the queries. */
export function checkMask(who: string, what: string, mask: unknown, q: Tensor): Tensor {
  if (!(mask instanceof Tensor)) throw noTensor(who, what, mask)
  if (mask.dtype === 'uint8' || mask.dtype === q.dtype) return mask
  throw new DTypeError(complaint(who, what, `uint8 or ${q.dtype} as the queries are`, mask.dtype))
}

/**
 * The masks of a layer's call: that of the rows (rows, keys) or (batch, heads, rows, keys), and that of a sample's
 * keys (batch, keys).
 *
 * @throws ShapeError, ValueError, DTypeError unless they go with the queries.
 */
export function checkMasks(
  who: string,
  q: Tensor,
  sizes: Readonly<Record<'batch' | 'heads' | 'rows' | 'keys', number>>,
  given: { readonly attnMask: Tensor | null; readonly keyPaddingMask: Tensor | null },
): { rows: Tensor[]; padding: Tensor | null } {
  const { batch, heads, rows, keys } = sizes
  const shaped = (name: 'attnMask' | 'keyPaddingMask', ...fit: Shape[]): Tensor | null => {
    if (given[name] === null) return null
    const mask = checkMask(who, name, given[name], q)
    if (fit.some((shape) => sameShape(mask.shape, shape))) return mask
    const expected = `shape ${fit.map(formatShape).join(' or ')}`
    throw new ShapeError(complaint(who, name, expected, `shape ${formatShape(mask.shape)}`))
  }
  const mask = shaped('attnMask', [rows, keys], [batch * heads, rows, keys])
  const laid = mask?.ndim === 3 ? mask.reshape([batch, heads, rows, keys]) : mask
  return { rows: laid === null ? [] : [laid], padding: shaped('keyPaddingMask', [batch, keys]) }
}
