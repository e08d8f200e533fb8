import { complaint, ValueError } from '../errors.js'
import { noTensor, Tensor } from '../tensor/tensor.js'

/** What a metric has gathered: numbers and arrays of numbers by name, fit for JSON. */
export type MetricState = Record<string, number | readonly number[] | null>

/**
 * Something that is measured over many batches: `update` takes them one by one, `compute` gives the
 * result over all since the last `reset`. The result does not depend on where the batches were cut,
 * to the last bit.
 *
 * A metric of one's own writes `accumulate`, `compute`, `reset` and, to be part of checkpoints,
 * `stateDict` and `loadStateDict`.
 *
 * @typeParam T the result
 *
 * @example
 * const accuracy = new metrics.Accuracy()
 * for (const [x, y] of loader) accuracy.update(model.forward(x), y)
 * console.log(accuracy.compute())
 */
export abstract class Metric<T = number> {
  /** Whether more is better; null, as by default, where neither more nor less is. */
  readonly higherIsBetter: boolean | null = null
  /** Whether the results are parts of 1, which reports show as percentages. Default false. */
  readonly isShare: boolean = false

  /** @param name What the result is called in logs. */
  constructor(readonly name: string) {
    if (typeof name !== 'string' || name === '') {
      const got = typeof name === 'string' ? 'an empty one' : typeof name
      throw new ValueError(complaint(this.constructor.name, 'name', 'a word', got))
    }
  }

  /**
   * Told by `fit` and `evaluate` before they begin: from which score on a prediction of one number is
   * class 1, by the criterion. A metric that has no threshold, or was given one, need not mind.
   */
  goBy(_threshold: number): void {}

  /**
   * Takes a batch.
   *
   * @throws ShapeError, DTypeError when prediction and target do not fit each other.
   * @throws ValueError for a class index out of range. Nothing was taken then.
   */
  update(prediction: Tensor, target: Tensor): void {
    const who = this.constructor.name
    if (!(prediction instanceof Tensor)) throw noTensor(who, 'the prediction', prediction)
    if (!(target instanceof Tensor)) throw noTensor(who, 'the target', target)
    this.accumulate(prediction, target)
  }

  /** Adds a batch to what was gathered. Throws before it changes anything. */
  protected abstract accumulate(prediction: Tensor, target: Tensor): void

  /** The result over all batches since the last `reset`; NaN of nothing. */
  abstract compute(): T

  /** Forgets all batches. */
  abstract reset(): void

  /** What was gathered so far. */
  abstract stateDict(): MetricState

  /**
   * Goes on from what `stateDict` returned.
   *
   * @throws ValueError when it is of another metric; nothing was changed.
   */
  abstract loadStateDict(state: MetricState): void

  toString(): string {
    return `${this.constructor.name}(${this.name})`
  }
}

/**
 * An array of numbers out of a state dict.
 *
 * @param length How many; undefined for any number.
 * @throws ValueError when it is something else.
 */
export function numbersOf(who: string, state: MetricState, key: string, length?: number): number[] {
  const value: unknown = (state as MetricState | null | undefined)?.[key]
  const fits =
    Array.isArray(value) &&
    value.every((item) => typeof item === 'number') &&
    (length === undefined || value.length === length)
  if (fits) return [...value]
  const expected = `${length === undefined ? 'an array of' : length} numbers`
  const got = Array.isArray(value) ? `${value.length} values` : value
  throw new ValueError(complaint(`${who}.loadStateDict`, key, expected, got))
}

/** Counts out of a state dict. @throws ValueError when they are not whole numbers of at least 0. */
export function countsOf(who: string, state: MetricState, key: string, length?: number): number[] {
  const counts = numbersOf(who, state, key, length)
  const odd = counts.find((count) => !Number.isSafeInteger(count) || count < 0)
  if (odd === undefined) return counts
  const expected = 'whole numbers of at least 0'
  throw new ValueError(complaint(`${who}.loadStateDict`, key, expected, odd))
}
