import { checkArguments, checkPath, checkText } from '../check.js'
import { writeAtomically } from '../io/atomic-write.js'
import {
  type EpochRecord,
  type LayerTimes,
  logOf,
  type Logs,
  type ReportOptions,
  type StopRecord,
  type TrainingFacts,
  type WeightRecord,
} from './records.js'

const histories = new WeakMap<object, History>()

/** Keeps a history for `historyOf`. */
export function keepHistory(error: unknown, history: History): void {
  if (typeof error === 'object' && error !== null) histories.set(error, history)
}

/**
 * The history of the training that was ended by an error, an abort's reason among them: what `fit` has
 * rejected with. Of an error that ended several trainings, the last one's; null where it ended none, or
 * the reason is no object.
 *
 * @example
 * const history = await fit(model, loader, { ...options, signal }).catch((error) => historyOf(error))
 */
export function historyOf(error: unknown): History | null {
  checkArguments('historyOf', 1, arguments)
  return typeof error === 'object' && error !== null ? (histories.get(error) ?? null) : null
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
  /** The callback that has ended the last training, and why; null when none has. */
  stopped: StopRecord | null = null
  /** Steps of the optimizer over all trainings that were written down here. */
  steps = 0
  /** What `fit` has warned of: a loss that is not finite or explodes, a module that does not go with the criterion. */
  readonly warnings: string[] = []
  /** What was trained, how and where; null before the first training. */
  facts: TrainingFacts | null = null
  /** The modules of the model, with their times once a training has ended. */
  layers: LayerTimes | null = null
  /** Histograms of the weights after the last epoch and up to 32 others, evenly spread. */
  readonly weights: WeightRecord[] = []

  constructor() {
    checkArguments(new.target.name, 0, arguments)
  }

  /** The values of a log by epoch; NaN where an epoch has none. */
  values(name: string): number[] {
    checkText('values', 'the name of a log', 'a word', name)
    return this.epochs.map(({ logs }) => logOf(logs, name) ?? NaN)
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
  async toHTML(options?: ReportOptions): Promise<string> {
    // The page is loaded by those who ask for one.
    const { pageOf } = await import('../report/page.js')
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
    checkPath('report', 'the path', path)
    await writeAtomically(path, Buffer.from(await this.toHTML(options)))
  }

  toJSON(): object {
    const { mode, reason, outcome, stopped, steps, warnings, facts, layers, epochs, weights } = this
    return { mode, reason, outcome, stopped, steps, warnings, facts, layers, epochs, weights }
  }
}
