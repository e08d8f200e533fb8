import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { choice, nullable, type Options, readOptions } from '../options.js'
import type { Tensor } from '../tensor/tensor.js'
import { type ClassCountOptions, ClassCounts, countOptions } from './confusion-matrix.js'
import { Metric, type MetricState } from './metric.js'

/**
 * `macro`: the mean over the classes that occur in predictions or targets. `micro`: of all samples
 * together. `binary`: of class 1 alone. null: an array with one number for each class.
 */
export type ClassAverage = 'macro' | 'micro' | 'binary' | null

export interface ClassScoreOptions extends ClassCountOptions {
  /** Default `macro`. */
  average?: ClassAverage
}

function scoreOptions(name: string) {
  return {
    ...countOptions(name),
    average: nullable(choice(['macro', 'micro', 'binary'], 'macro')),
  } satisfies Options<ClassScoreOptions>
}

const PRECISION = scoreOptions('precision')
const RECALL = scoreOptions('recall')
const F1_SCORE = scoreOptions('f1')

/** Samples of a class: predicted and so, predicted but not so, not predicted but so. */
interface Counts {
  readonly truePositives: number
  readonly falsePositives: number
  readonly falseNegatives: number
}

abstract class ClassScore extends Metric<number | number[]> {
  override readonly higherIsBetter = true
  override readonly isShare = true
  readonly average: ClassAverage
  readonly #counts: ClassCounts

  protected constructor(table: typeof PRECISION, options: ClassScoreOptions) {
    const who = new.target.name
    const given = readOptions(who, table, options)
    super(given.name)
    const { average } = given
    if (average === 'binary' && (given.numClasses ?? 2) !== 2) {
      throw new ValueError(complaint(who, "numClasses for average 'binary'", '2', given.numClasses))
    }
    this.average = average
    const numClasses = given.numClasses ?? (average === 'binary' ? 2 : undefined)
    this.#counts = new ClassCounts(who, { ...given, numClasses })
  }

  /** The score of a class; 0 where it would be 0 / 0. */
  protected abstract score(counts: Counts): number

  override goBy(threshold: number): void {
    this.#counts.standard = threshold
  }

  protected override accumulate(prediction: Tensor, target: Tensor): void {
    this.#counts.add(prediction, target)
  }

  /**
   * One number, or with `average: null` one for each class. A class without samples or predictions
   * has 0. NaN, or an empty array, of nothing.
   */
  override compute(): number | number[] {
    const size = this.#counts.classes ?? 0
    const classes = Array.from({ length: size }, (_, c) => this.#countsOf(c))
    if (this.average === null) return classes.map((counts) => this.score(counts))
    const present = classes.filter((c) => c.truePositives + c.falsePositives + c.falseNegatives > 0)
    if (present.length === 0) return NaN
    if (this.average === 'binary') return this.score(classes[1]!)
    if (this.average === 'macro') {
      return present.reduce((total, counts) => total + this.score(counts), 0) / present.length
    }
    return this.score(
      classes.reduce((a, b) => ({
        truePositives: a.truePositives + b.truePositives,
        falsePositives: a.falsePositives + b.falsePositives,
        falseNegatives: a.falseNegatives + b.falseNegatives,
      })),
    )
  }

  override reset(): void {
    this.#counts.reset()
  }

  override stateDict(): MetricState {
    return this.#counts.stateDict()
  }

  override loadStateDict(state: MetricState): void {
    this.#counts.loadStateDict(state)
  }

  #countsOf(c: number): Counts {
    const truePositives = this.#counts.at(c, c)
    let predicted = 0
    let actual = 0
    for (let other = 0; other < this.#counts.classes!; other++) {
      predicted += this.#counts.at(other, c)
      actual += this.#counts.at(c, other)
    }
    return {
      truePositives,
      falsePositives: predicted - truePositives,
      falseNegatives: actual - truePositives,
    }
  }
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

/**
 * Of the samples predicted to be of a class, the share that is: TP / (TP + FP). Shapes as for
 * `Accuracy`.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.precision_score.html
 */
export class Precision extends ClassScore {
  /** @throws ValueError for an option that is none. */
  constructor(options: ClassScoreOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super(PRECISION, options)
  }

  protected override score({ truePositives, falsePositives }: Counts): number {
    return ratio(truePositives, truePositives + falsePositives)
  }
}

/**
 * Of the samples of a class, the share predicted to be of it: TP / (TP + FN). Shapes as for
 * `Accuracy`.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.recall_score.html
 */
export class Recall extends ClassScore {
  /** @throws ValueError for an option that is none. */
  constructor(options: ClassScoreOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super(RECALL, options)
  }

  protected override score({ truePositives, falseNegatives }: Counts): number {
    return ratio(truePositives, truePositives + falseNegatives)
  }
}

/**
 * Harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN). Shapes as for `Accuracy`.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.f1_score.html
 */
export class F1 extends ClassScore {
  /** @throws ValueError for an option that is none. */
  constructor(options: ClassScoreOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super(F1_SCORE, options)
  }

  protected override score({ truePositives, falsePositives, falseNegatives }: Counts): number {
    const twice = 2 * truePositives
    return ratio(twice, twice + falsePositives + falseNegatives)
  }
}
