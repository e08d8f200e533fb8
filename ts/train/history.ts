import type { Logs } from './tally.js'

/** What a metric came to, fit for JSON. */
export type MetricResult =
  | number
  | string
  | boolean
  | null
  | readonly MetricResult[]
  | { readonly [key: string]: MetricResult }

/** One epoch of a training. */
export interface EpochRecord {
  /** Counted from 0. */
  readonly epoch: number
  /**
   * `loss`, the metrics by name, `gradNorm` where gradients were clipped, and the same of the validation
   * as `valLoss`, `valAccuracy`, …
   */
  readonly logs: Readonly<Logs>
  /**
   * Metrics that are no single number, named as in the logs: the rows of a `confusionMatrix`, a
   * `precision` for each class, …
   */
  readonly results: Readonly<Record<string, MetricResult>>
  /** Learning rate of the first parameter group at the end of the epoch. */
  readonly lr: number
  /** Learning rates of all parameter groups at the end of the epoch. */
  readonly lrs: readonly number[]
  /** Wall time of training and of validation. */
  readonly seconds: number
  readonly validationSeconds: number
  /** Samples trained on in a second. */
  readonly samplesPerSecond: number
}

/** What `fit` tells of a training, epoch by epoch. */
export class History {
  readonly epochs: EpochRecord[] = []
  /** How steps were run: on the native thread, or by JavaScript. Null before the first. */
  mode: 'captured' | 'eager' | null = null
  /** Why they were run by JavaScript; null when they were not. */
  reason: string | null = null

  /** The values of a log by epoch; NaN where an epoch has none. */
  values(name: string): number[] {
    return this.epochs.map(({ logs }) => logs[name] ?? NaN)
  }

  /** The logs of the last epoch; empty before the first. */
  get last(): Readonly<Logs> {
    return this.epochs.at(-1)?.logs ?? {}
  }

  toJSON(): object {
    const { epochs, mode, reason } = this
    return { mode, reason, epochs }
  }
}
