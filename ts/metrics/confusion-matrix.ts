import { show } from '../show.js'
import { checkArguments, checkCount } from '../check.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import {
  choice,
  names,
  nullable,
  type Option,
  type Options,
  readOptions,
  type Values,
} from '../options.js'
import type { Tensor } from '../tensor/tensor.js'
import { type ClassMetricOptions, classOptions, ClassReader } from './classes.js'
import { countsOf, Metric, type MetricState } from './metric.js'

export interface ClassCountOptions extends ClassMetricOptions {
  /** How many classes there are. Default: as many as the first prediction has scores. */
  numClasses?: number
}

/** There is a count for each pair of them. */
const MOST_CLASSES = 2 ** 15

const NUM_CLASSES: Option<number | undefined> = {
  initial: undefined,
  expected: `a whole number from 1 to ${MOST_CLASSES}`,
  accepts: (value) =>
    Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MOST_CLASSES,
}

/** The options of a metric that counts pairs of classes by its default name. */
export function countOptions(name: string) {
  return { ...classOptions(name), numClasses: NUM_CLASSES } satisfies Options<ClassCountOptions>
}

/**
 * Counts of (actual, predicted) pairs, which all metrics over classes can be computed from.
 *
 * @internal
 */
export class ClassCounts {
  readonly #reader: ClassReader
  readonly #given: number | null
  #classes: number | null
  /** Row-major: actual, predicted. */
  #counts = new Float64Array(0)

  constructor(
    readonly who: string,
    options: Values<ReturnType<typeof countOptions>>,
  ) {
    this.#reader = new ClassReader(who, options)
    this.#given = options.numClasses ?? null
    this.#classes = this.#given
    this.reset()
  }

  /** The threshold where none was given. */
  set standard(threshold: number) {
    this.#reader.standard = threshold
  }

  /** Null as long as nobody has told how many there are. */
  get classes(): number | null {
    return this.#classes
  }

  at(actual: number, predicted: number): number {
    return this.#counts[actual * this.#classes! + predicted]!
  }

  add(prediction: Tensor, target: Tensor): void {
    const pairs = this.#reader.read(prediction, target, this.#classes)
    const { predicted, actual, length, classes } = pairs
    if (classes === null) {
      const hint = 'a prediction of class indices does not tell how many there are'
      throw new ShapeError(complaint(this.who, 'numClasses', 'given', 'none', hint))
    }
    if (this.#classes === null) {
      this.#classes = classes
      this.reset()
    }
    const { ignoreIndex } = this.#reader
    const counts = this.#counts
    for (let i = 0; i < length; i++) {
      if (actual[i] !== ignoreIndex) counts[actual[i]! * classes + predicted[i]!]! += 1
    }
  }

  /** Forgets the counts; how many classes there are stays. */
  reset(): void {
    this.#counts = new Float64Array((this.#classes ?? 0) ** 2)
  }

  stateDict(): MetricState {
    return { classes: this.#classes, counts: Array.from(this.#counts) }
  }

  loadStateDict(state: MetricState): void {
    const classes = ((state as MetricState | null)?.['classes'] ?? null) as number | null
    if (classes !== null) checkCount(`${this.who}.loadStateDict`, 'classes', classes, 1)
    if (classes !== null && this.#given !== null && classes !== this.#given) {
      const what = `${this.who}.loadStateDict`
      throw new ValueError(complaint(what, 'classes', `${this.#given}`, classes))
    }
    const counts = countsOf(this.who, state, 'counts', (classes ?? 0) ** 2)
    this.#classes = classes
    this.#counts = Float64Array.from(counts)
    if (classes === null) this.#classes = this.#given
    if (this.#classes !== classes) this.reset()
  }
}

export interface ConfusionMatrixOptions extends ClassCountOptions {
  /** Divide by the samples of the actual class, of the predicted one, or by all. Default null: counts. */
  normalize?: 'true' | 'pred' | 'all' | null
  /** Names of the classes, for the table. Default: their numbers. */
  labels?: readonly (string | number)[]
}

const OPTIONS = {
  ...countOptions('confusionMatrix'),
  normalize: nullable({ ...choice(['true', 'pred', 'all']), initial: null }),
  labels: names(),
} satisfies Options<ConfusionMatrixOptions>

/**
 * How often samples of class i (row) were predicted as class j (column).
 *
 * Shapes as for `Accuracy`. `compute` returns the rows; `toString` is a table.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.confusion_matrix.html
 *
 * @example
 * const matrix = new metrics.ConfusionMatrix({ labels: ['cat', 'dog'] })
 * matrix.update(model.forward(x), y)
 * console.log(matrix.toString())
 * // actual \ predicted  cat  dog
 * //                cat   48    2
 * //                dog    5   45
 */
export class ConfusionMatrix extends Metric<number[][]> {
  readonly normalize: 'true' | 'pred' | 'all' | null
  readonly labels: readonly string[] | null
  readonly #counts: ClassCounts

  /** @throws ValueError for an option that is none, or labels that are not one for each class. */
  constructor(options: ConfusionMatrixOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    const given = readOptions(NAME, OPTIONS, options)
    super(given.name)
    const { normalize, labels } = given
    const numClasses = given.numClasses ?? labels?.length
    if (labels !== undefined && labels.length !== numClasses) {
      throw new ValueError(
        complaint(NAME, 'labels', `${show(numClasses)} names`, `${labels.length}`),
      )
    }
    this.normalize = normalize
    this.labels = labels === undefined ? null : Object.freeze(labels.map(String))
    this.#counts = new ClassCounts(NAME, { ...given, numClasses })
  }

  override goBy(threshold: number): void {
    this.#counts.standard = threshold
  }

  protected override accumulate(prediction: Tensor, target: Tensor): void {
    this.#counts.add(prediction, target)
  }

  /** Rows of actual classes; counts, or parts of 1 (0 where there is nothing to divide by). */
  override compute(): number[][] {
    const size = this.#counts.classes ?? 0
    const rows = Array.from({ length: size }, (_, i) =>
      Array.from({ length: size }, (_, j) => this.#counts.at(i, j)),
    )
    const { normalize } = this
    if (normalize === null) return rows
    const rowSums = rows.map(total)
    const columnSums = rows.map((_, j) => total(rows.map((row) => row[j]!)))
    const all = total(rowSums)
    return rows.map((row, i) =>
      row.map((count, j) => {
        if (count === 0) return 0
        return count / { true: rowSums[i]!, pred: columnSums[j]!, all }[normalize]
      }),
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

  /** A table with a line for each actual class. */
  override toString(): string {
    const rows = this.compute()
    const digits = this.normalize === null ? 0 : 3
    const names = rows.map((_, i) => this.labels?.[i] ?? String(i))
    const table = [
      ['actual \\ predicted', ...names],
      ...rows.map((row, i) => [names[i]!, ...row.map((value) => value.toFixed(digits))]),
    ]
    const widths = table[0]!.map((_, column) =>
      Math.max(...table.map((line) => line[column]!.length)),
    )
    return table
      .map((line) => line.map((cell, column) => cell.padStart(widths[column]!)).join('  '))
      .join('\n')
  }
}

const NAME = 'ConfusionMatrix'

function total(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
