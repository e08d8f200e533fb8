import { checkArguments, checkList } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { finite, flag, list, type Options, readOptions, whole } from '../../options.js'
import { stack } from '../../ops/cat.js'
import { empty, Tensor } from '../../tensor/tensor.js'
import { padded } from './pad-sequence.js'

export interface PadCollateOptions {
  /** Whether padded tensors are (N, T, …) in place of (T, N, …). Default true. */
  batchFirst?: boolean
  /** What stands behind the end of a row. Default 0. */
  paddingValue?: number
  /** Which tensors of a sample have a length of their own, by their places. Default [0]. */
  padded?: readonly number[]
}

const OPTIONS = {
  batchFirst: flag(true),
  paddingValue: finite(0),
  padded: list<number>({
    ...whole(0, 0),
    expected: 'the place of a tensor, a whole number of at least 0',
  }),
} satisfies Options<PadCollateOptions>

/**
 * A `collateFn` of a `DataLoader` for samples of different lengths: the first tensor of each is padded, the
 * others are stacked, and behind them come the lengths.
 *
 * @returns a function from samples [values (L, …), …others] to a batch [values (N, T, …), …others (N, …),
 *   lengths (N) int32], with lengths for each tensor that is padded.
 * @throws ValueError for options out of their range.
 *
 * @example
 * const loader = new data.DataLoader(dataset, { batchSize: 32, collateFn: data.padCollate() })
 * for (const [tokens, labels, lengths] of loader) { … }
 */
export function padCollate(
  options: PadCollateOptions = {},
): (samples: readonly (readonly Tensor[])[]) => Tensor[] {
  checkArguments('padCollate', 1, arguments)
  const { batchFirst, paddingValue, padded: given } = readOptions('padCollate', OPTIONS, options)
  const places = [...new Set(given ?? [0])].sort((a, b) => a - b)
  return (samples) => {
    const first = checkedFirst(samples)
    const last = places.at(-1)!
    if (last >= first.length) {
      const expected = `places of the ${first.length} tensors of a sample`
      throw new ValueError(complaint('padCollate', 'padded', expected, places))
    }
    const columns = first.map((_, place) => samples.map((sample) => sample[place]!))
    const batch = columns.map((column, place) => {
      if (!places.includes(place)) return stack(column)
      return padded('padCollate', column, batchFirst, paddingValue)
    })
    const lengths = places.map((place) => {
      const out = empty([samples.length], 'int32')
      columns[place]!.forEach(({ shape }, row) => (out.data[row] = shape[0]!))
      return out
    })
    return [...batch, ...lengths]
  }
}

/** @throws ValueError unless they are lists of as many tensors. */
function checkedFirst(samples: unknown): readonly Tensor[] {
  checkList('padCollate', 'the samples', samples)
  const [first] = samples
  checkList('padCollate', 'sample 0', first)
  samples.forEach((sample, i) => {
    checkList('padCollate', `sample ${i}`, sample)
    if (sample.length === first.length) return
    const expected = `${first.length} tensors, as sample 0 has`
    throw new ValueError(complaint('padCollate', `sample ${i}`, expected, String(sample.length)))
  })
  return first as readonly Tensor[]
}
