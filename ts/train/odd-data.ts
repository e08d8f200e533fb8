import type { Tensor } from '../tensor/tensor.js'
import type { Batch } from './arguments.js'

/**
 * Where the data of a batch have their first number that is not finite, in words; null where all are.
 *
 * @param samples Numbers of the samples in their dataset, where they are known.
 */
export function oddNumberOf([x, y]: Batch, samples?: Tensor): string | null {
  return oddIn('the features have', x, samples) ?? oddIn('the targets have', y, samples)
}

function oddIn(what: string, { data, shape, dtype }: Tensor, samples?: Tensor): string | null {
  if (dtype !== 'float32' && dtype !== 'float64') return null
  const at = data.findIndex((value) => !Number.isFinite(value))
  if (at < 0) return null
  const place = placeOf(at, shape)
  const sample = samples?.data[place[0] ?? 0]
  const dataset = sample === undefined ? '' : `, which is sample ${sample} of the dataset`
  return `${what} ${data[at]} in ${spoken(place)}${dataset}`
}

/** The indices of an element. */
function placeOf(at: number, shape: readonly number[]): number[] {
  let rest = at
  return shape
    .toReversed()
    .map((size) => {
      const index = rest % size
      rest = Math.floor(rest / size)
      return index
    })
    .reverse()
}

function spoken([row, ...others]: readonly number[]): string {
  if (row === undefined) return 'its one number'
  if (others.length === 0) return `row ${row}`
  return `row ${row}, column ${others.length === 1 ? others[0] : `(${others.join(', ')})`}`
}
