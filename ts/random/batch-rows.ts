import type { Shape } from '../tensor/tensor.js'

/** Samples that this process computes with, and how many of the same batch other ones have before and after them. */
export interface BatchRows {
  readonly own: number
  readonly before: number
  readonly after: number
  /** Whether they are another's, for this process has none of its own: what it computes counts nothing. Default false. */
  readonly areBorrowed?: boolean
}

/** Where numbers lie among those that are drawn for the whole batch, as kernels take it. */
export interface Place {
  readonly runs: number
  readonly before: number
  readonly after: number
}

const ALL: Place = Object.freeze({ runs: 1, before: 0, after: 0 })

let rows: BatchRows | null = null
let axis: 0 | 1 | null = null

/**
 * From here on numbers are drawn by the place of these samples in their batch, so that they are those of a process
 * that has all of it; null: all samples are here.
 */
export function setBatchRows(next: BatchRows | null): void {
  rows = next
}

/** Whether the samples at hand are another process's, and so count nothing. */
export function areBorrowed(): boolean {
  return rows?.areBorrowed === true
}

/** Runs `body`, whose tensors have the batch in this axis. Elsewhere it is told by the shape (`placeOf`). */
export function alongAxis<T>(of: 0 | 1, body: () => T): T {
  const before = axis
  axis = of
  try {
    return body()
  } finally {
    axis = before
  }
}

/**
 * Which ones of the numbers for a whole batch are drawn for a tensor of a shape, `count` numbers in its order.
 *
 * @param of The axis of the batch. Null: the first, if it is as long as the batch; else the second of three or more,
 *   if that is; else the first, with several rows a sample.
 * @returns all, where the axis is no multiple of the batch: each process draws the same.
 */
export function placeOf(count: number, shape: Shape, of: 0 | 1 | null = axis): Place {
  if (rows === null || count === 0) return ALL
  const { own, before, after } = rows
  const at = of ?? (shape[0] !== own && shape[1] === own && shape.length > 2 ? 1 : 0)
  const length = shape[at]
  if (length === undefined || length % own !== 0) return ALL
  const runs = at === 0 ? 1 : shape[0]!
  const each = count / runs / own
  return { runs, before: before * each, after: after * each }
}
