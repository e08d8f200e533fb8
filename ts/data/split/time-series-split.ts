import { checkArguments } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { type Options, readOptions, whole } from '../../options.js'
import { type Fold, rowsOf, type Splittable } from './folds.js'

export interface TimeSeriesSplitOptions {
  /** Default 5. */
  nSplits?: number
  /** Most rows of a training part: the latest of those before. Default: all of them. */
  maxTrainSize?: number
  /** Rows of a test part. Default: n / (nSplits + 1), rounded down. */
  testSize?: number
  /** Rows between the two parts. Default 0. */
  gap?: number
}

const OPTIONS = {
  nSplits: whole(2, 5),
  maxTrainSize: whole(1),
  testSize: whole(1),
  gap: whole(0, 0),
} satisfies Options<TimeSeriesSplitOptions>

/**
 * Cuts rows that are in the order of time: each fold learns from the first rows and is judged by those that
 * follow; the next one learns from these too.
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.TimeSeriesSplit.html
 */
export class TimeSeriesSplit {
  readonly #options

  /** @throws ValueError for other options. */
  constructor(options: TimeSeriesSplitOptions = {}) {
    checkArguments('TimeSeriesSplit', 1, arguments)
    this.#options = readOptions('TimeSeriesSplit', OPTIONS, options)
  }

  /** Number of folds that `split` gives. */
  get length(): number {
    return this.#options.nSplits
  }

  /** @throws ValueError when the rows are too few. */
  *split(data: Splittable): IterableIterator<Fold> {
    const { count } = rowsOf('TimeSeriesSplit.split', data)
    const { nSplits, maxTrainSize = Infinity, gap } = this.#options
    const testSize = this.#options.testSize ?? Math.floor(count / (nSplits + 1))
    const first = count - nSplits * testSize
    if (testSize === 0 || first - gap < 1) {
      const expected = `enough for ${nSplits} test parts of ${Math.max(testSize, 1)}, a gap of ${gap} and a row before`
      throw new ValueError(complaint('TimeSeriesSplit.split', 'the rows', expected, count))
    }
    const rows = Int32Array.from({ length: count }, (_, row) => row)
    for (let start = first; start < count; start += testSize) {
      const end = start - gap
      yield {
        train: rows.slice(Math.max(0, end - maxTrainSize), end),
        test: rows.slice(start, start + testSize),
      }
    }
  }
}
