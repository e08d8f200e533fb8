import type { Tensor } from '../tensor/tensor.js'
import type { Batch } from './arguments.js'
import { oddNumberOf } from './odd-data.js'
import { warn } from './warn.js'

/** So many times the first loss is no noise, nor one batch that the model knew before others. */
const EXPLODED = 1e4
const LEAST_FIRST = 0.01

const CURE =
  'lrFind looks for one, clipGradNorm bounds each step, callbacks.NanWatchdog names the module'

/** A loss that is not finite, and where it comes from. */
export interface OddLoss {
  readonly loss: number
  /** Of the epoch, counted from 0. */
  readonly batch: number
  readonly data: Batch
  /** Numbers of its samples in their dataset, where they are known. */
  readonly samples?: Tensor | undefined
}

/** What a training warns of: each kind of mistake once. */
export class Notices {
  readonly #who: string
  readonly #lrs: (() => number[]) | null
  readonly #texts: string[]
  #first = NaN
  #diverged = false
  #mistaken = false

  /**
   * @param lrs The learning rates of the moment; null where nothing is trained.
   * @param texts Where the warnings are kept.
   */
  constructor(who: string, lrs: (() => number[]) | null, texts: string[] = []) {
    this.#who = who
    this.#lrs = lrs
    this.#texts = texts
  }

  /** Whether it has told of a loss that is not finite, or grows beyond measure. */
  get diverged(): boolean {
    return this.#diverged
  }

  /** Tells what is wrong about the model or its criterion; null for nothing. */
  mistake(text: string | null): void {
    if (text === null || this.#mistaken) return
    this.#mistaken = true
    this.#tell(text)
  }

  /** Tells of the first loss that is not finite. */
  notFinite(epoch: string, { loss, batch, data, samples }: OddLoss): void {
    if (this.#diverged) return
    this.#diverged = true
    const cause = oddNumberOf(data, samples) ?? this.#otherCause(batch)
    this.#tell(`the loss of batch ${batch + 1} of ${epoch} is ${loss}: ${cause}`)
  }

  /** Looks at the losses of an epoch's first and last batch. */
  grown(epoch: string, first: number, last: number): void {
    if (!Number.isFinite(this.#first)) this.#first = first
    if (this.#diverged || !(last > EXPLODED * Math.max(this.#first, LEAST_FIRST))) return
    this.#diverged = true
    const sizes = `${this.#first.toPrecision(4)} to ${last.toPrecision(4)}`
    this.#tell(`the loss has grown from ${sizes} by the end of ${epoch}: ${this.#rateCause()}`)
  }

  #otherCause(batch: number): string {
    if (this.#lrs === null) return 'its data are finite: are the weights, and are targets in range?'
    if (batch === 0 && Number.isNaN(this.#first)) {
      return 'its data are finite, and it is the first: are features scaled, are targets in range? callbacks.NanWatchdog names the module'
    }
    return `its data are finite, so the training has diverged: ${this.#rateCause()}`
  }

  #rateCause(): string {
    const lrs = this.#lrs?.() ?? []
    const rate = lrs.map((lr) => String(lr)).join(' and ')
    return `is a learning rate of ${rate} too high? ${CURE}`
  }

  #tell(text: string): void {
    this.#texts.push(text)
    warn(`${this.#who}: ${text}`)
  }
}
