import { ValueError } from '../errors.js'
import type { Metric, MetricState } from '../metrics/metric.js'
import { Tensor } from '../tensor/tensor.js'
import type { Logs, MetricResult } from './records.js'

/** What an epoch came to: numbers, and metrics that are something else, fit for JSON. */
export interface Measured {
  readonly logs: Logs
  readonly results: Record<string, MetricResult>
}

/** What a tally has added up, fit for a checkpoint. */
export interface TallyState {
  readonly loss: number
  /** Null where losses are added up. */
  readonly weight: number | null
  readonly rows: number
  readonly norms: number
  readonly steps: number
  readonly metrics: readonly MetricState[]
}

/** What the losses of batches count: all the same, each its own, or null where they are added up. */
export type LossWeights = number | ArrayLike<number> | null

export interface LastBatch {
  readonly loss: number
  /** Whether it has no share in the loss of the epoch. */
  readonly ignored: boolean
}

/** Loss and metrics of the batches of an epoch. */
export class Tally {
  readonly #metrics: readonly Metric<unknown>[]
  #loss = 0
  #weight: number | null = 0
  #rows = 0
  #first = NaN
  #last: LastBatch = { loss: NaN, ignored: false }
  #norms = 0
  #steps = 0

  constructor(metrics: readonly Metric<unknown>[]) {
    this.#metrics = metrics
    for (const metric of metrics) metric.reset()
  }

  /** Samples so far. */
  get rows(): number {
    return this.#rows
  }

  /** That of the criterion over the samples so far. */
  get loss(): number {
    return this.#weight === null ? this.#loss : this.#loss / this.#weight
  }

  /** Whether all losses were, but for those that do not count. */
  get isFinite(): boolean {
    return Number.isFinite(this.#loss)
  }

  /** Loss of the first batch that counts; NaN before. */
  get first(): number {
    return this.#first
  }

  get last(): LastBatch {
    return this.#last
  }

  /**
   * The losses of batches that have so many rows each.
   *
   * @param weights `Criterion.lossWeight` of each, or of all of them.
   */
  addLosses(rows: number, losses: ArrayLike<number>, weights: LossWeights): void {
    const count = losses.length
    this.#rows += rows * count
    if (count === 0) return
    const last = losses[count - 1]!
    if (Number.isNaN(this.#first)) this.#first = losses[0]!
    let sum = this.#loss
    if (weights === null || typeof weights === 'number') {
      const factor = weights ?? 1
      if (factor !== 0) for (let i = 0; i < count; i++) sum += losses[i]! * factor
      this.#weight = weights === null ? null : this.#weight! + weights * count
      this.#last = { loss: last, ignored: factor === 0 }
    } else {
      let weight = this.#weight!
      for (let i = 0; i < count; i++) {
        const factor = weights[i]!
        if (factor === 0) continue // the loss of targets that are all ignored is NaN
        sum += losses[i]! * factor
        weight += factor
      }
      this.#weight = weight
      this.#last = { loss: last, ignored: weights[count - 1] === 0 }
    }
    this.#loss = sum
  }

  addBatch(prediction: Tensor, target: Tensor): void {
    for (const metric of this.#metrics) metric.update(prediction, target)
  }

  addGradNorms(norms: ArrayLike<number>): void {
    for (let i = 0; i < norms.length; i++) this.#norms += norms[i]!
    this.#steps += norms.length
  }

  stateDict(): TallyState {
    const metrics = this.#metrics.map((metric) => metric.stateDict())
    const [loss, weight, rows] = [this.#loss, this.#weight, this.#rows]
    return { loss, weight, rows, norms: this.#norms, steps: this.#steps, metrics }
  }

  /** @throws ValueError when it is of other metrics. */
  loadStateDict(state: TallyState): void {
    if (state.metrics.length !== this.#metrics.length) {
      throw new ValueError(
        `fit: the checkpoint is of ${state.metrics.length} metrics, the training has ${this.#metrics.length}`,
      )
    }
    this.#metrics.forEach((metric, i) => {
      metric.loadStateDict(state.metrics[i]!)
    })
    this.#loss = state.loss
    this.#weight = state.weight
    this.#rows = state.rows
    this.#norms = state.norms
    this.#steps = state.steps
  }

  /**
   * What it came to. Logs: loss, metrics that are numbers, and the mean norm of the gradients where they
   * were clipped.
   */
  measured(): Measured {
    const logs: [string, number][] = [['loss', this.loss]]
    const results: [string, MetricResult][] = []
    if (this.#steps > 0) logs.push(['gradNorm', this.#norms / this.#steps])
    for (const { name, value } of this.#metrics.map(resultOf)) {
      if (typeof value === 'number') logs.push([name, value])
      else if (value !== undefined) results.push([name, value])
    }
    return { logs: Object.fromEntries(logs), results: Object.fromEntries(results) }
  }
}

function resultOf(metric: Metric<unknown>): { name: string; value: MetricResult | undefined } {
  return { name: metric.name, value: plain(metric.compute()) }
}

/** A copy in arrays and objects; undefined where JSON has nothing for it. */
function plain(value: unknown): MetricResult | undefined {
  if (value === null || ['number', 'string', 'boolean'].includes(typeof value)) {
    return value as MetricResult
  }
  if (typeof value !== 'object') return undefined
  if (value instanceof Tensor) return value.toArray()
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array, Number)
  if (Array.isArray(value)) return value.map((item) => plain(item) ?? null)
  const entries = Object.entries(value).map(([key, item]) => [key, plain(item)] as const)
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined)) as MetricResult
}
