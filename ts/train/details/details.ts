import { gradNormOf } from '../../nn/utils/clip-grad-norm.js'
import { reasonOf } from '../../show.js'
import { withThreads } from '../../threads.js'
import type { Batches } from '../batches.js'
import type { Settings } from '../fit-options.js'
import { type Flow, wait } from '../flow.js'
import type { Modes } from '../modes.js'
import type { RankFacts } from '../records.js'
import { finish, finishGently, type Task, throughout } from '../task.js'
import type { Trainer } from '../trainer.js'
import { factsOf } from './facts.js'
import { timeLayers, untimed } from './layers.js'
import { isKept, keep, weightHistograms } from './weights.js'

/** Parameters up to which details are recorded unless the options say otherwise. */
const MOST_PARAMETERS = 1_000_000

/**
 * Writes down what a report shows beside the logs: gradient norms, histograms of the weights, time per
 * layer. It only looks on: a training comes to the same bits with it and without.
 */
export class Details {
  readonly #settings: Settings
  readonly #wanted: boolean

  constructor(settings: Settings) {
    this.#settings = settings
    const size = settings.model.parameters().reduce((sum, { length }) => sum + length, 0)
    this.#wanted = settings.details ?? size <= MOST_PARAMETERS
  }

  begin(
    loader: Batches,
    validation: Batches | undefined,
    ranks: readonly RankFacts[] | null,
  ): void {
    const { history, model } = this.#settings
    history.facts = factsOf(this.#settings, loader, validation, ranks)
    const reason = this.#wanted ? 'the training has not come to its end' : this.#whyNot()
    history.layers = untimed(model, reason)
  }

  /** The norm of the gradients of the last step; null where it is not wanted. */
  gradNorm(): number | null {
    if (!this.#wanted) return null
    const { model, manner } = this.#settings
    return withThreads(manner.threads, () => gradNormOf(model.parameters())).item()
  }

  *endEpoch(epoch: number): Flow<void> {
    if (this.#wanted && isKept(epoch)) yield* this.#keepWeights(epoch)
  }

  /** After the last epoch: the weights it came to, and the time of each layer. */
  *end(trainer: Trainer, modes: Modes): Flow<void> {
    const { history, model, criterion } = this.#settings
    const last = history.epochs.at(-1)
    if (!this.#wanted || last === undefined) return
    if (history.weights.at(-1)?.epoch !== last.epoch) yield* this.#keepWeights(last.epoch)
    const sample = trainer.sampler()
    if (sample === null) return
    const { samplesPerSecond } = last
    try {
      const task = timeLayers(model, modes, criterion, sample, samplesPerSecond)
      history.layers = yield* this.#done(task)
    } catch (error) {
      // The training has succeeded: that a smaller batch does not please a module changes nothing.
      history.layers = untimed(model, reasonOf(error))
    }
  }

  *#keepWeights(epoch: number): Flow<void> {
    const { history, model } = this.#settings
    keep(history.weights, { epoch, parameters: yield* this.#done(weightHistograms(model)) })
  }

  *#done<T>(task: Task<T>): Flow<T> {
    const { sync, threads } = this.#settings.manner
    const limited = throughout((part) => withThreads(threads, part), task)
    return yield* wait(sync ? finish(limited) : finishGently(limited))
  }

  #whyNot(): string {
    if (this.#settings.details === false) return 'details: false was asked for'
    const most = MOST_PARAMETERS.toLocaleString('en')
    return `the model has more than ${most} parameters and details: true was not asked for`
  }
}
