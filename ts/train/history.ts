import { writeAtomically } from '../io/atomic-write.js'
import type { TrainingFacts } from './details/facts.js'
import type { LayerTimes } from './details/layers.js'
import type { WeightRecord } from './details/weights.js'
import { pageOf, type ReportOptions } from './report/page.js'
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
  /**
   * Norm of all gradients together as the last step of the epoch used them; null where details are not
   * recorded.
   */
  readonly gradNorm: number | null
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
  /** How the last training ended; null before that. */
  outcome: 'completed' | 'stopped' | 'aborted' | 'failed' | null = null
  /** What was trained, how and where; null before the first training. */
  facts: TrainingFacts | null = null
  /** The modules of the model, with their times once a training has ended. */
  layers: LayerTimes | null = null
  /** Histograms of the weights after the last epoch and up to 32 others, evenly spread. */
  readonly weights: WeightRecord[] = []

  /** The values of a log by epoch; NaN where an epoch has none. */
  values(name: string): number[] {
    return this.epochs.map(({ logs }) => logs[name] ?? NaN)
  }

  /** The logs of the last epoch; empty before the first. */
  get last(): Readonly<Logs> {
    return this.epochs.at(-1)?.logs ?? {}
  }

  /**
   * One page of HTML with the curves, the confusion matrix, the weights, the time of each layer and the
   * environment of the training. It is complete: it loads nothing.
   *
   * @throws AssetNotFoundError when a part of the installed package is missing.
   */
  toHTML(options?: ReportOptions): string {
    return pageOf(this, options)
  }

  /**
   * Writes `toHTML` to a file whose folder exists. The name has the old content or the new one, never a
   * part.
   *
   * @throws AssetNotFoundError; what the file system throws.
   *
   * @example
   * await history.report('report.html', { title: 'Digits' })
   */
  async report(path: string | URL, options?: ReportOptions): Promise<void> {
    await writeAtomically(path, Buffer.from(this.toHTML(options)))
  }

  toJSON(): object {
    const { mode, reason, outcome, facts, layers, epochs, weights } = this
    return { mode, reason, outcome, facts, layers, epochs, weights }
  }
}
