import { checkArguments } from '../check.js'
import { complaint, ShapeError } from '../errors.js'
import { choice, nullable, type Options, readOptions, text } from '../options.js'
import { formatShape, type Tensor } from '../tensor/tensor.js'
import { countsOf, Metric, type MetricState, numbersOf } from './metric.js'
import { checkRegression } from './regression.js'

export interface R2ScoreOptions {
  /** What the result is called in logs. */
  name?: string
  /** `uniform`: the mean over the outputs; null: an array with one number for each. Default `uniform`. */
  average?: 'uniform' | null
}

const OPTIONS = {
  name: text('r2'),
  average: nullable(choice(['uniform'], 'uniform')),
} satisfies Options<R2ScoreOptions>

/** Of one output: how the targets spread, and how far predictions are from them. */
interface Output {
  mean: number
  /** Σ (target - mean)², by Welford's update. */
  spread: number
  /** Σ (prediction - target)². */
  residual: number
}

/**
 * Coefficient of determination: 1 - Σ (prediction - target)² / Σ (target - mean target)². 1 is
 * perfect, 0 as good as always predicting the mean. For constant targets it is 1 when all predictions
 * are right and else 0; of fewer than two samples NaN.
 *
 * Shapes: (N) or (N, …), the same for both but for sizes of 1 at the end; each place after the first
 * dimension is an output of its own. float32 or float64.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.r2_score.html
 */
export class R2Score extends Metric<number | number[]> {
  override readonly higherIsBetter = true
  readonly average: 'uniform' | null
  #outputs: Output[] = []
  #count = 0

  /** @throws ValueError for another average. */
  constructor(options: R2ScoreOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    const { name, average } = readOptions(NAME, OPTIONS, options)
    super(name)
    this.average = average
  }

  protected override accumulate(prediction: Tensor, target: Tensor): void {
    checkRegression(NAME, prediction, target)
    const { shape } = prediction
    if (shape.length === 0) {
      throw new ShapeError(complaint(NAME, 'the prediction', 'shape (N) or (N, …)', 'a scalar'))
    }
    const samples = shape[0]!
    if (samples === 0) return
    const width = prediction.length / samples
    if (this.#outputs.length !== width) {
      if (this.#count > 0) {
        const expected = `of ${this.#outputs.length} outputs as before`
        const got = `shape ${formatShape(shape)}`
        throw new ShapeError(complaint(NAME, 'the prediction', expected, got))
      }
      this.#outputs = Array.from({ length: width }, () => ({ mean: 0, spread: 0, residual: 0 }))
    }
    if (width === 0) this.#count += samples
    if (width === 0) return
    const { data: predicted } = prediction
    const { data: actual } = target
    for (let row = 0; row < samples; row++) {
      this.#count += 1
      for (let i = 0; i < width; i++) {
        const output = this.#outputs[i]!
        const value = actual[row * width + i]!
        const error = predicted[row * width + i]! - value
        output.residual += error * error
        const difference = value - output.mean
        output.mean += difference / this.#count
        output.spread += difference * (value - output.mean)
      }
    }
  }

  override compute(): number | number[] {
    const scores = this.#outputs.map(({ spread, residual }) => {
      if (this.#count < 2) return NaN
      if (spread === 0) return residual === 0 ? 1 : 0
      return 1 - residual / spread
    })
    if (this.average === null) return scores
    return scores.reduce((total, score) => total + score, 0) / scores.length
  }

  override reset(): void {
    this.#outputs = []
    this.#count = 0
  }

  override stateDict(): MetricState {
    return {
      count: [this.#count],
      mean: this.#outputs.map(({ mean }) => mean),
      spread: this.#outputs.map(({ spread }) => spread),
      residual: this.#outputs.map(({ residual }) => residual),
    }
  }

  override loadStateDict(state: MetricState): void {
    const [count] = countsOf(NAME, state, 'count', 1)
    const mean = numbersOf(NAME, state, 'mean')
    const spread = numbersOf(NAME, state, 'spread', mean.length)
    const residual = numbersOf(NAME, state, 'residual', mean.length)
    this.#count = count!
    this.#outputs = mean.map((value, i) => ({
      mean: value,
      spread: spread[i]!,
      residual: residual[i]!,
    }))
  }
}

const NAME = 'R2Score'
