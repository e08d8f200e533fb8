import { checkArguments } from '../check.js'
import { readOptions } from '../options.js'
import type { Tensor } from '../tensor/tensor.js'
import { type ClassMetricOptions, classOptions, ClassReader } from './classes.js'
import { countsOf, Metric, type MetricState } from './metric.js'

const OPTIONS = classOptions('accuracy')

/**
 * Share of the samples whose predicted class is the target's. The predicted class is that of the
 * highest score, the first among equals.
 *
 * Shapes: prediction (N, C, …), a score for each class, or (N) or (N, 1), the score of class 1, or
 * class indices; target class indices (N, …), or floats in the shape of the prediction.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.accuracy_score.html
 *
 * @example
 * const accuracy = new metrics.Accuracy()
 * accuracy.update(model.forward(x), y)
 * accuracy.compute() // 0.97
 */
export class Accuracy extends Metric {
  override readonly higherIsBetter = true
  override readonly isShare = true
  readonly #reader: ClassReader
  #hits = 0
  #count = 0

  /** @throws ValueError for an option that is none. */
  constructor(options: ClassMetricOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    const given = readOptions('Accuracy', OPTIONS, options)
    super(given.name)
    this.#reader = new ClassReader('Accuracy', given)
  }

  override goBy(threshold: number): void {
    this.#reader.standard = threshold
  }

  protected override accumulate(prediction: Tensor, target: Tensor): void {
    const { predicted, actual, length } = this.#reader.read(prediction, target)
    const ignored = this.#reader.ignoreIndex
    let hits = 0
    let count = 0
    for (let i = 0; i < length; i++) {
      if (actual[i] === ignored) continue
      count++
      if (actual[i] === predicted[i]) hits++
    }
    this.#hits += hits
    this.#count += count
  }

  override compute(): number {
    return this.#hits / this.#count
  }

  override reset(): void {
    this.#hits = 0
    this.#count = 0
  }

  override stateDict(): MetricState {
    return { counts: [this.#hits, this.#count] }
  }

  override loadStateDict(state: MetricState): void {
    const [hits, count] = countsOf('Accuracy', state, 'counts', 2)
    this.#hits = hits!
    this.#count = count!
  }
}
