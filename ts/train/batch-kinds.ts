import type { Tensor } from '../tensor/tensor.js'
import type { Batch } from './arguments.js'

/** Tells the batches of a group, by their places in it, apart from those of other sizes. */
export type BatchKinds = (i: number) => string | number

/** Samples of a tensor of a batch. */
export function rowsOf({ shape }: Tensor): number {
  return shape[0] ?? 1
}

/** By shapes. */
export function kindsOf(batches: readonly Batch[]): BatchKinds {
  return (i) => {
    const [x, y] = batches[i]!
    return `${x.shape.join()} ${y.shape.join()}`
  }
}

/** Where all samples have one shape. */
export function sized(rows: readonly number[]): BatchKinds {
  return (i) => rows[i]!
}

/** Kinds of what `size` batches that follow one another make. */
export function kindsOfRanks(all: readonly Batch[], size: number): BatchKinds {
  const kinds = kindsOf(all)
  return (i) => {
    const places = all.slice(i * size, (i + 1) * size).map((_, at) => i * size + at)
    return places.map((at) => kinds(at)).join(' | ')
  }
}
