import { checkArguments, checkNumber } from '../check.js'
import { atLeast, choice, type Options, readOptions, share, whole } from '../options.js'

export interface PageHinkleyOptions {
  /** Numbers that are seen before there is an alarm. Default 30. */
  minInstances?: number
  /** What the numbers may differ from their mean without counting. Default 0.005. */
  delta?: number
  /** The sum of differences from which on there is an alarm. Default 50. */
  threshold?: number
  /** How much of the sum is kept from number to number. Default 0.9999. */
  alpha?: number
  /** Whether an increase of the mean is looked for (default), a decrease, or both. */
  mode?: 'up' | 'down' | 'both'
}

const OPTIONS = {
  minInstances: whole(1, 30),
  delta: atLeast(0, 0.005),
  threshold: atLeast(0, 50),
  alpha: share(0.9999, '(0, 1]'),
  mode: choice(['up', 'down', 'both'], 'up'),
} satisfies Options<PageHinkleyOptions>

/**
 * The Page–Hinkley test: whether the mean of a stream of numbers, as the loss of a model is, has moved.
 *
 * With the mean m over all numbers so far, x included: s = alpha s + (x - m - delta); there is an alarm when
 * s - min(s) > threshold. For a decrease s = alpha s + (x - m + delta) and max(s) - s. After an alarm it
 * begins anew.
 *
 * @example
 * const drift = new PageHinkley({ threshold: 5 })
 * if (drift.update(loss)) console.warn('the data are no longer what they were')
 *
 * Source: Page, Continuous inspection schemes (1954);
 * https://riverml.xyz/latest/api/drift/PageHinkley/
 */
export class PageHinkley {
  readonly minInstances: number
  readonly delta: number
  readonly threshold: number
  readonly alpha: number
  readonly mode: 'up' | 'down' | 'both'
  #detected = false
  #count = 0
  #mean = 0
  #up = 0
  #down = 0
  #least = Infinity
  #most = -Infinity

  /** @throws ValueError when an option is out of its range. */
  constructor(options: PageHinkleyOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    const given = readOptions('PageHinkley', OPTIONS, options)
    this.minInstances = given.minInstances
    this.delta = given.delta
    this.threshold = given.threshold
    this.alpha = given.alpha
    this.mode = given.mode
  }

  /** Whether the last number raised an alarm. */
  get driftDetected(): boolean {
    return this.#detected
  }

  /** Numbers since the beginning or the last alarm. */
  get count(): number {
    return this.#count
  }

  /**
   * Takes a number in and tells whether there is an alarm.
   *
   * @throws ValueError when it is no number. NaN and infinite ones are an alarm.
   */
  update(x: number): boolean {
    checkArguments('PageHinkley.update', 1, arguments)
    checkNumber('PageHinkley.update', 'x', x)
    if (this.#detected) this.reset()
    this.#count++
    this.#mean += (x - this.#mean) / this.#count
    const { alpha, delta, threshold } = this
    const deviation = x - this.#mean
    this.#up = alpha * this.#up + deviation - delta
    this.#down = alpha * this.#down + deviation + delta
    this.#least = Math.min(this.#least, this.#up)
    this.#most = Math.max(this.#most, this.#down)
    const rise = this.mode !== 'down' && this.#up - this.#least > threshold
    const fall = this.mode !== 'up' && this.#most - this.#down > threshold
    this.#detected = (this.#count >= this.minInstances && (rise || fall)) || !Number.isFinite(x)
    return this.#detected
  }

  /** Forgets all numbers. */
  reset(): void {
    checkArguments('PageHinkley.reset', 0, arguments)
    this.#detected = false
    this.#count = 0
    this.#mean = 0
    this.#up = 0
    this.#down = 0
    this.#least = Infinity
    this.#most = -Infinity
  }
}
