import { checkArguments } from '../../check.js'
import { flag, type Options, readOptions, whole } from '../../options.js'
import { type Generator, generatorOption } from '../../random/generator.js'
import { checkEnough, type Fold, foldOf, rowsOf, type Splittable } from './folds.js'
import { checkRepeats } from './repeats.js'
import { firstNumbers } from './shuffled.js'

export interface KFoldOptions {
  /** Default 5. */
  nSplits?: number
  /** Whether the rows are drawn. Default false: each fold has rows that follow each other. */
  shuffle?: boolean
  /** How often, each time drawn anew, as scikit-learn's RepeatedKFold does. Default 1. */
  nRepeats?: number
  /** Default: the generator that `manualSeed` seeds. */
  generator?: Generator
}

/** @internal */
export const FOLDS = {
  nSplits: whole(2, 5),
  shuffle: flag(false),
  nRepeats: whole(1, 1),
  generator: generatorOption,
} satisfies Options<KFoldOptions>

/**
 * Cuts rows into `nSplits` folds, each of which is the test part once. The first n mod nSplits folds have a
 * row more.
 *
 * @example
 * for (const { train, test } of new data.KFold({ nSplits: 5, shuffle: true }).split(table)) {
 *   columns.fit(table.take(train)).transform(table.take(test))
 * }
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.KFold.html
 */
export class KFold {
  readonly #options

  /** @throws ValueError for other options. */
  constructor(options: KFoldOptions = {}) {
    checkArguments('KFold', 1, arguments)
    this.#options = readOptions('KFold', FOLDS, options)
    checkRepeats('KFold', this.#options)
  }

  /** Number of folds that `split` gives. */
  get length(): number {
    return this.#options.nSplits * this.#options.nRepeats
  }

  /** @throws ValueError when there are fewer rows than folds. */
  *split(data: Splittable): IterableIterator<Fold> {
    const { count } = rowsOf('KFold.split', data)
    const { nSplits, nRepeats, shuffle, generator } = this.#options
    checkEnough('KFold.split', nSplits, 'the number of rows', count)
    for (let repeat = 0; repeat < nRepeats; repeat++) {
      const rows = firstNumbers(count, shuffle, generator)
      const folds = new Int32Array(count)
      let start = 0
      for (let fold = 0; fold < nSplits; fold++) {
        const end = start + Math.floor(count / nSplits) + Number(fold < count % nSplits)
        for (const row of rows.subarray(start, end)) folds[row] = fold
        start = end
      }
      for (let fold = 0; fold < nSplits; fold++) yield foldOf(folds, fold)
    }
  }
}
