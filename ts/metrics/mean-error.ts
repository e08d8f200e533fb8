import { type Options, readOptions, text } from '../options.js'
import type { Tensor } from '../tensor/tensor.js'
import { countsOf, Metric, type MetricState, numbersOf } from './metric.js'
import { checkRegression } from './regression.js'
import { RunningSum } from './running-sum.js'

export interface MeanErrorOptions {
  /** What the result is called in logs. */
  name?: string
}

const OPTIONS = { name: text() } satisfies Options<MeanErrorOptions>

abstract class MeanError extends Metric {
  override readonly higherIsBetter = false
  readonly #sum = new RunningSum()
  #count = 0

  /** Of one element. */
  protected abstract error(difference: number): number

  protected override accumulate(prediction: Tensor, target: Tensor): void {
    checkRegression(this.constructor.name, prediction, target)
    const { data: predicted } = prediction
    const { data: actual } = target
    for (let i = 0; i < predicted.length; i++) this.#sum.add(this.error(predicted[i]! - actual[i]!))
    this.#count += predicted.length
  }

  override compute(): number {
    return this.#sum.value / this.#count
  }

  override reset(): void {
    this.#sum.state = [0, 0]
    this.#count = 0
  }

  override stateDict(): MetricState {
    return { sum: this.#sum.state, count: [this.#count] }
  }

  override loadStateDict(state: MetricState): void {
    const who = this.constructor.name
    const [sum, lost] = numbersOf(who, state, 'sum', 2)
    const [count] = countsOf(who, state, 'count', 1)
    this.#sum.state = [sum!, lost!]
    this.#count = count!
  }
}

/**
 * Mean of |prediction - target| over all elements, summed in double precision.
 *
 * Shapes: any, the same for both but for sizes of 1 at the end. float32 or float64.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.mean_absolute_error.html
 */
export class MeanAbsoluteError extends MeanError {
  /** @throws ValueError for an option that is none. */
  constructor(options: MeanErrorOptions = {}) {
    super(readOptions('MeanAbsoluteError', OPTIONS, options).name ?? 'mae')
  }

  protected override error(difference: number): number {
    return Math.abs(difference)
  }
}

/**
 * Mean of (prediction - target)² over all elements, summed in double precision.
 *
 * Shapes: any, the same for both but for sizes of 1 at the end. float32 or float64.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.mean_squared_error.html
 */
export class MeanSquaredError extends MeanError {
  /** @throws ValueError for an option that is none. */
  constructor(options: MeanErrorOptions = {}) {
    super(readOptions('MeanSquaredError', OPTIONS, options).name ?? 'mse')
  }

  protected override error(difference: number): number {
    return difference * difference
  }
}
