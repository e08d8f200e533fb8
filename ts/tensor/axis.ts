import { complaint, ShapeError, ValueError } from '../errors.js'
import { formatShape, type Shape } from './tensor.js'

/** A shape seen as (outer, n, inner), with n the size along one dimension. */
export interface Axis {
  readonly dim: number
  readonly outer: number
  readonly n: number
  readonly inner: number
}

/**
 * For a `dim` that meets its shape later.
 *
 * @throws ValueError when it is no whole number.
 */
export function checkDim(who: string, dim: unknown, what = 'dim'): void {
  if (!Number.isInteger(dim)) throw new ValueError(complaint(who, what, 'a whole number', dim))
}

/**
 * The place of a dimension; negative ones count from the end.
 *
 * @throws ShapeError when the shape has no such dimension.
 */
export function resolveDim(who: string, shape: Shape, dim: number): number {
  const resolved = Number.isInteger(dim) ? (dim < 0 ? dim + shape.length : dim) : NaN
  if (!(resolved >= 0 && resolved < shape.length)) {
    throw new ShapeError(
      complaint(
        who,
        'dim',
        shape.length === 0
          ? 'left out for a scalar'
          : `from ${-shape.length} to ${shape.length - 1} for shape ${formatShape(shape)}`,
        dim,
      ),
    )
  }
  return resolved
}

/**
 * The places of one dimension or several, in the order given.
 *
 * @throws ShapeError when the shape has no such dimension, or one is there twice.
 */
export function resolveDims(who: string, shape: Shape, dims: number | readonly number[]): number[] {
  const given = Array.isArray(dims) ? [...(dims as readonly number[])] : [dims as number]
  const resolved = given.map((dim) => resolveDim(who, shape, dim))
  if (new Set(resolved).size < resolved.length) {
    throw new ShapeError(complaint(who, 'dims', 'each dimension once at most', formatShape(given)))
  }
  return resolved
}

/**
 * @throws ShapeError when the shape has no such dimension.
 */
export function axisOf(who: string, shape: Shape, dim: number): Axis {
  const resolved = resolveDim(who, shape, dim)
  let outer = 1
  let inner = 1
  for (let i = 0; i < resolved; i++) outer *= shape[i]!
  for (let i = resolved + 1; i < shape.length; i++) inner *= shape[i]!
  return { dim: resolved, outer, n: shape[resolved]!, inner }
}
