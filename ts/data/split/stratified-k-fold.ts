import { checkArguments } from '../../check.js'
import { readOptions } from '../../options.js'
import { checkEnough, classesOf, type Fold, foldOf, rowsOf, type Splittable } from './folds.js'
import type { PerRow } from './groups.js'
import { FOLDS, type KFoldOptions } from './k-fold.js'
import { checkRepeats } from './repeats.js'
import { shuffled } from './shuffled.js'

/**
 * Cuts rows into `nSplits` folds that have the classes in nearly the same shares as the whole.
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.StratifiedKFold.html
 */
export class StratifiedKFold {
  readonly #options

  /** @throws ValueError for other options. */
  constructor(options: KFoldOptions = {}) {
    checkArguments('StratifiedKFold', 1, arguments)
    this.#options = readOptions('StratifiedKFold', FOLDS, options)
    checkRepeats('StratifiedKFold', this.#options)
  }

  /** Number of folds that `split` gives. */
  get length(): number {
    return this.#options.nSplits * this.#options.nRepeats
  }

  /**
   * @param classes The name of a column, or values one a row.
   * @throws ValueError when a class has fewer rows than there are folds, or a row has no class.
   */
  *split(data: Splittable, classes: PerRow): IterableIterator<Fold> {
    const who = 'StratifiedKFold.split'
    const { nSplits, nRepeats, shuffle, generator } = this.#options
    const rows = rowsOf(who, data)
    checkEnough(who, nSplits, 'the number of rows', rows.count)
    const places = classesOf(who, 'the classes', classes, rows)
    const least = Math.min(...places.map((some) => some.length))
    checkEnough(who, nSplits, 'the rows of each class', least)
    const allocation = allocated(places, rows.count, nSplits)
    for (let repeat = 0; repeat < nRepeats; repeat++) {
      const folds = new Int32Array(rows.count)
      places.forEach((some, i) => {
        const numbers = allocation.flatMap((counts, fold) => Array<number>(counts[i]!).fill(fold))
        const order = shuffle ? shuffled(numbers, generator) : numbers
        some.forEach((row, at) => (folds[row] = order[at]!))
      })
      for (let fold = 0; fold < nSplits; fold++) yield foldOf(folds, fold)
    }
  }
}

/** How many rows of each class each fold has: every nSplits-th of the rows in the order of their classes. */
function allocated(places: readonly number[][], count: number, nSplits: number): number[][] {
  const classes = new Int32Array(count)
  let start = 0
  places.forEach(({ length }, i) => {
    classes.fill(i, start, start + length)
    start += length
  })
  return Array.from({ length: nSplits }, (_, fold) => {
    const counts = places.map(() => 0)
    for (let at = fold; at < count; at += nSplits) counts[classes[at]!]! += 1
    return counts
  })
}
