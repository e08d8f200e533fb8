import { checkArguments } from '../../check.js'
import { flag, type Options, readOptions, whole } from '../../options.js'
import { type Generator, generatorOption } from '../../random/generator.js'
import { checkEnough, classesOf, type Fold, foldOf, rowsOf, type Splittable } from './folds.js'
import type { PerRow } from './groups.js'
import { shuffled } from './shuffled.js'

export interface GroupKFoldOptions {
  /** Default 5. */
  nSplits?: number
  /** Whether the groups are drawn. Default false: the largest first, each into the smallest fold. */
  shuffle?: boolean
  /** Default: the generator that `manualSeed` seeds. */
  generator?: Generator
}

const OPTIONS = {
  nSplits: whole(2, 5),
  shuffle: flag(false),
  generator: generatorOption,
} satisfies Options<GroupKFoldOptions>

/**
 * Cuts rows into `nSplits` folds such that the rows of a group stand in one fold: rows of one customer, one
 * patient, one day, of which a model must not have seen others.
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.GroupKFold.html
 */
export class GroupKFold {
  readonly #options

  /** @throws ValueError for other options. */
  constructor(options: GroupKFoldOptions = {}) {
    checkArguments('GroupKFold', 1, arguments)
    this.#options = readOptions('GroupKFold', OPTIONS, options)
  }

  /** Number of folds that `split` gives. */
  get length(): number {
    return this.#options.nSplits
  }

  /**
   * @param groups The name of a column, or values one a row.
   * @throws ValueError when there are fewer groups than folds, or a row has no group.
   */
  *split(data: Splittable, groups: PerRow): IterableIterator<Fold> {
    const who = 'GroupKFold.split'
    const { nSplits, shuffle, generator } = this.#options
    const rows = rowsOf(who, data)
    const places = classesOf(who, 'the groups', groups, rows)
    checkEnough(who, nSplits, 'the number of groups', places.length)
    const folds = new Int32Array(rows.count)
    const parts = shuffle ? drawn(shuffled(places, generator), nSplits) : packed(places, nSplits)
    parts.forEach((part, fold) => {
      for (const row of part.flat()) folds[row] = fold
    })
    for (let fold = 0; fold < nSplits; fold++) yield foldOf(folds, fold)
  }
}

/** The largest group first, each into the fold that has the fewest rows. */
function packed(groups: readonly number[][], nSplits: number): number[][][] {
  const folds = Array.from({ length: nSplits }, () => ({ rows: 0, groups: [] as number[][] }))
  for (const group of [...groups].sort((a, b) => b.length - a.length)) {
    const fold = folds.reduce((least, other) => (other.rows < least.rows ? other : least))
    fold.groups.push(group)
    fold.rows += group.length
  }
  return folds.map((fold) => fold.groups)
}

/** As many groups in each fold, or one more. */
function drawn(groups: readonly number[][], nSplits: number): number[][][] {
  return Array.from({ length: nSplits }, (_, fold) =>
    groups.filter((_group, i) => i % nSplits === fold),
  )
}
