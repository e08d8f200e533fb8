import { complaint, ShapeError } from '../errors.js'
import { Broadcast } from '../kernels/kernels.js'
import { formatShape, type Shape } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'

/** How `b` meets a tensor of shape `shape`, seen as (rows, cols). */
export interface Meeting {
  readonly broadcast: Broadcast
  readonly rows: number
  readonly cols: number
}

function productOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1)
}

/**
 * The common shape by PyTorch's rule: sizes are matched from the last one on, and a size of 1 or a
 * missing one takes the other's.
 */
export function commonShape(who: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b) || b.length === 0) return a
  if (a.length === 0) return b
  const rank = Math.max(a.length, b.length)
  const shape = Array.from({ length: rank }, (_, i) => {
    const left = a[i - rank + a.length] ?? 1
    const right = b[i - rank + b.length] ?? 1
    if (left !== right && left !== 1 && right !== 1) {
      throw new ShapeError(
        complaint(
          who,
          'the shapes',
          'equal, or 1, in each dimension from the last one on',
          `${formatShape(a)} and ${formatShape(b)}`,
        ),
      )
    }
    return left === 1 ? right : left
  })
  return Object.freeze(shape)
}

/** null where the kernels have no such broadcast: repetition in the middle. */
export function meet(shape: Shape, b: Shape): Meeting | null {
  const size = productOf(shape)
  if (sameShape(shape, b)) return { broadcast: Broadcast.none, rows: 1, cols: size }
  if (productOf(b) === 1) return { broadcast: Broadcast.scalar, rows: 1, cols: size }
  const padded = [...Array<number>(shape.length - b.length).fill(1), ...b]
  const first = padded.findIndex((dim, i) => dim === shape[i] && dim !== 1)
  const last = padded.findLastIndex((dim, i) => dim === shape[i] && dim !== 1)
  const whole = (from: number, to: number): boolean =>
    padded.slice(from, to).every((dim, i) => dim === shape[from + i])
  if (whole(0, shape.length)) return { broadcast: Broadcast.none, rows: 1, cols: size }
  if (first >= 0 && whole(first, shape.length)) {
    const cols = productOf(shape.slice(first))
    return { broadcast: Broadcast.row, rows: productOf(shape.slice(0, first)), cols }
  }
  if (whole(0, last + 1)) {
    const rows = productOf(shape.slice(0, last + 1))
    return { broadcast: Broadcast.column, rows, cols: productOf(shape.slice(last + 1)) }
  }
  return null
}
