import { checkArguments } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { type Options, readOptions, text } from '../options.js'
import { formatShape, type Tensor } from '../tensor/tensor.js'
import { sameButOnes } from './classes.js'
import { Metric, type MetricState, numbersOf } from './metric.js'

export interface AUCOptions {
  /** What the result is called in logs. Default `auc`. */
  name?: string
}

const OPTIONS = { name: text('auc') } satisfies Options<AUCOptions>

/** Numbers in a buffer that grows by doubling. */
class Scores {
  #data = new Float64Array(64)
  #length = 0

  get length(): number {
    return this.#length
  }

  push(value: number): void {
    if (this.#length === this.#data.length) {
      const grown = new Float64Array(2 * this.#length)
      grown.set(this.#data)
      this.#data = grown
    }
    this.#data[this.#length++] = value
  }

  cut(length: number): void {
    this.#length = length
  }

  sorted(): Float64Array {
    return this.#data.slice(0, this.#length).sort()
  }

  toArray(): number[] {
    return Array.from(this.#data.subarray(0, this.#length))
  }
}

/**
 * Area under the ROC curve of a problem with two classes: the probability that a sample of class 1
 * has a higher score than one of class 0, where a tie counts one half. Computed from exact counts;
 * NaN while one of the classes has no sample. Keeps the score of every sample, 8 bytes each.
 *
 * Shapes: prediction (N) or (N, 1), the score of class 1; or (N, 2), whose score is the second column
 * minus the first. float32 or float64; probabilities and logits serve alike. Target (N) or (N, 1), 0 or
 * 1 of any dtype.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.roc_auc_score.html
 */
export class AUC extends Metric {
  override readonly higherIsBetter = true
  override readonly isShare = true
  readonly #negative = new Scores()
  readonly #positive = new Scores()

  /** @throws ValueError for an option that is none. */
  constructor(options: AUCOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super(readOptions('AUC', OPTIONS, options).name)
  }

  protected override accumulate(prediction: Tensor, target: Tensor): void {
    const columns = check(prediction, target)
    const before = [this.#negative.length, this.#positive.length] as const
    try {
      this.#add(prediction, target, columns)
    } catch (error) {
      this.#negative.cut(before[0])
      this.#positive.cut(before[1])
      throw error
    }
  }

  #add({ data: scores }: Tensor, { data: labels }: Tensor, columns: 1 | 2): void {
    for (let i = 0; i < labels.length; i++) {
      const score = columns === 1 ? scores[i]! : scores[2 * i + 1]! - scores[2 * i]!
      if (Number.isNaN(score)) {
        const hint = 'there is no rank for it'
        throw new ValueError(complaint(NAME, `the score of sample ${i}`, 'a number', 'NaN', hint))
      }
      const label = labels[i]!
      if (label === 1) this.#positive.push(score)
      else if (label === 0) this.#negative.push(score)
      else throw new ValueError(complaint(NAME, `target[${i}]`, '0 or 1', label))
    }
  }

  override compute(): number {
    const [negative, positive] = [this.#negative.sorted(), this.#positive.sorted()]
    // Twice the pairs in the right order; a tie counts 1.
    let pairs = 0
    let below = 0
    let upTo = 0
    for (const score of positive) {
      while (below < negative.length && negative[below]! < score) below++
      while (upTo < negative.length && negative[upTo]! <= score) upTo++
      pairs += below + upTo
    }
    return pairs / (2 * negative.length * positive.length)
  }

  override reset(): void {
    this.#negative.cut(0)
    this.#positive.cut(0)
  }

  override stateDict(): MetricState {
    return { negative: this.#negative.toArray(), positive: this.#positive.toArray() }
  }

  override loadStateDict(state: MetricState): void {
    const negative = numbersOf(NAME, state, 'negative')
    const positive = numbersOf(NAME, state, 'positive')
    this.reset()
    for (const score of negative) this.#negative.push(score)
    for (const score of positive) this.#positive.push(score)
  }
}

const NAME = 'AUC'

function check({ shape, dtype }: Tensor, target: Tensor): 1 | 2 {
  if (dtype !== 'float32' && dtype !== 'float64') {
    throw new DTypeError(complaint(NAME, 'the prediction', 'float32 or float64', dtype))
  }
  const samples = [shape[0] ?? 0]
  const two = shape.length === 2 && shape[1] === 2
  if (shape.length === 0 || (!two && !sameButOnes(shape, samples))) {
    const hint = 'for more than two classes make one AUC for each'
    const got = `shape ${formatShape(shape)}`
    throw new ShapeError(
      complaint(NAME, 'the prediction', 'shape (N), (N, 1) or (N, 2)', got, hint),
    )
  }
  if (!sameButOnes(target.shape, samples)) {
    const got = `shape ${formatShape(target.shape)}`
    throw new ShapeError(complaint(NAME, 'the target', `shape (${samples[0]})`, got))
  }
  return two ? 2 : 1
}
