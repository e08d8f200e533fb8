import { noGrad } from '../autograd/grad-mode.js'
import { HuberLoss } from '../criterion/huber.js'
import type { Table } from '../data/table/table.js'
import { complaint, ValueError } from '../errors.js'
import type { Module } from '../nn/module.js'
import { Adam } from '../optim/adam.js'
import { show } from '../show.js'
import { empty, type Tensor } from '../tensor/tensor.js'
import { Modes } from '../train/modes.js'
import { OnlineTrainer } from '../train/online-trainer.js'
import { aheadOf } from './ahead.js'
import { descriptionOf, type ForecasterDescription } from './description.js'
import { featuresOf, type Layout, type Scaling, widthOf } from './features.js'
import { timeAfter } from './frequency.js'
import { checkForecast } from './network.js'
import { joined, latest, type Series, type SeriesSettings, seriesOf } from './series.js'
import { firstOf, fromLast } from './windows.js'

/** What is expected at a step to come. */
export interface Forecast {
  /** Of the series; null where there is one. */
  readonly key: string | null
  /** A number where the times are numbers. */
  readonly time: Date | number
  /** 1 for the first step behind the series. */
  readonly step: number
  readonly value: number
  /** The interval that holds what comes with the share that was asked for. */
  readonly lower: number
  readonly upper: number
}

/** What came at a step, the last of which is step 0. */
export interface RecentStep {
  /** Of the series; null where there is one. */
  readonly key: string | null
  /** A number where the times are numbers. */
  readonly time: Date | number
  /** 0 for the last step that is known, -1 for the one before. */
  readonly step: number
  readonly actual: number
}

/** What `Forecaster.partialFit` tells. */
export interface ForecasterPartialFitResult {
  /** Steps that came, those that were filled among them. */
  readonly steps: number
  /** Windows that were learned from. */
  readonly windows: number
  /** Mean loss of these, each before it was learned from; null for none. */
  readonly loss: number | null
}

/** Windows whose errors are kept. */
const MOST_ERRORS = 1000

/** All that forecasts are made of. */
export class FittedForecaster {
  readonly #first: Tensor
  #trainer: OnlineTrainer | null = null
  #turn: Promise<unknown> = Promise.resolve()

  /**
   * @param read What of a table is read.
   * @param errors Absolute ones by window and step, in the scale of the series, in the order of time.
   * @param tails The latest steps of each series, a window of them.
   */
  constructor(
    readonly read: SeriesSettings,
    readonly layout: Layout,
    readonly season: number,
    readonly dates: boolean,
    readonly scaling: Scaling,
    readonly network: Module,
    readonly errors: number[][],
    readonly tails: Map<string | null, Series>,
  ) {
    network.eval()
    this.#first = firstOf(widthOf(layout))
  }

  /** Of a training. */
  static of(
    read: SeriesSettings,
    layout: Layout,
    season: number,
    dates: boolean,
    scaling: Scaling,
    network: Module,
    errors: Tensor,
    series: readonly Series[],
  ): FittedForecaster {
    const { past, horizon, frequency } = layout
    const rows = (errors.toArray() as number[][]).slice(-MOST_ERRORS)
    const tails = series.map((each) => [each.key, latest(each, past + horizon, frequency)] as const)
    return new FittedForecaster(read, layout, season, dates, scaling, network, rows, new Map(tails))
  }

  /**
   * Forecasts from the end of each series, or of those of a table.
   *
   * @throws ValueError for rows that do not fit, for fewer steps than are looked at, and for a coverage
   *   that the errors are too few for.
   */
  forecast(
    who: string,
    rows: Table | undefined,
    coverage: number,
    future: Table | undefined,
  ): Forecast[] {
    const series = rows === undefined ? [...this.tails.values()] : this.#seriesOf(who, rows)
    return this.of(who, series, coverage, aheadOf(who, this, series, future))
  }

  /** The same of series. @param ahead By series, what is known of the steps to come. */
  of(
    who: string,
    series: readonly Series[],
    coverage: number,
    ahead: readonly (readonly Float64Array[])[] = [],
  ): Forecast[] {
    const { past, horizon, frequency } = this.layout
    const widths = this.#widths(who, coverage)
    for (const { key, target } of series) {
      if (target.length >= past) continue
      const of = key === null ? 'the series' : `the series ${show(key)}`
      const got = `${target.length}`
      throw new ValueError(complaint(who, of, `of at least ${past} steps, as are looked at`, got))
    }
    if (series.length === 0) return []
    const { values } = this.#forward(who, series, ahead)
    return series.flatMap((each, i) => {
      const [middle, scale] = this.scaling.targets.get(each.key)!
      return Array.from({ length: horizon }, (_, step) => {
        const value = middle + scale * values[i * horizon + step]!
        const width = scale * widths[step]!
        const time = timeAfter(frequency, each.start, each.target.length + step)
        return {
          key: each.key,
          time: this.dates ? new Date(time) : time,
          step: step + 1,
          value,
          lower: value - width,
          upper: value + width,
        }
      })
    })
  }

  /** The latest steps of each series, without those that were filled. */
  recent(): RecentStep[] {
    return [...this.tails.values()].flatMap(({ key, start, target, filled }) => {
      return Array.from(target, (actual, i) => {
        const time = timeAfter(this.layout.frequency, start, i)
        const step = i - target.length + 1
        return { key, time: this.dates ? new Date(time) : time, step, actual }
      }).filter((_, i) => filled[i] === 0)
    })
  }

  describe(): ForecasterDescription {
    return descriptionOf(this)
  }

  /** Learns from rows that follow on those before. */
  async partialFit(who: string, rows: Table, lr: number): Promise<ForecasterPartialFitResult> {
    const body = async (): Promise<ForecasterPartialFitResult> => {
      const all = this.#following(who, rows)
      let steps = 0
      const windows: Series[] = []
      const span = this.layout.past + this.layout.horizon
      for (const [series, added] of all) {
        steps += added
        const { length } = series.target
        for (let end = Math.max(span, length - added + 1); end <= length; end++) {
          windows.push(latest(series, span, this.layout.frequency, end))
        }
      }
      const loss = windows.length === 0 ? null : await this.#learn(who, windows, lr)
      for (const [series] of all)
        this.tails.set(series.key, latest(series, span, this.layout.frequency))
      return { steps, windows: windows.length, loss }
    }
    const result = this.#turn.then(body)
    this.#turn = result.catch(() => undefined)
    return result
  }

  #seriesOf(who: string, rows: Table): readonly Series[] {
    const { series } = seriesOf(who, rows, this.read, this.layout.frequency)
    this.#checkKnown(who, series)
    return series
  }

  #checkKnown(who: string, series: readonly Series[]): void {
    const unknown = series.find(({ key }) => !this.tails.has(key))
    if (unknown === undefined) return
    const expected = 'one of those in the training'
    throw new ValueError(complaint(who, 'the key of a series', expected, show(unknown.key)))
  }

  /** Series with the rows that came, and how many steps those are. */
  #following(who: string, rows: Table): [Series, number][] {
    return this.#seriesOf(who, rows).map((more) => {
      const tail = this.tails.get(more.key)!
      const series = joined(who, tail, more, this.layout.frequency, this.read)
      return [series, series.target.length - tail.target.length]
    })
  }

  async #learn(who: string, windows: readonly Series[], lr: number): Promise<number> {
    const { past, horizon, frequency } = this.layout
    const pasts = windows.map((each) => latest(each, past, frequency, past))
    const ahead = windows.map((each) => {
      return each.columns.slice(this.layout.covariates).map((column) => column.slice(past))
    })
    const { x, last, values } = this.#forward(who, pasts, ahead)
    const y = empty([windows.length, horizon], 'float32')
    const errors = windows.map((each, i) => {
      const [middle, scale] = this.scaling.targets.get(each.key)!
      return Array.from({ length: horizon }, (_, step) => {
        const actual = (each.target[past + step]! - middle) / scale
        y.data[i * horizon + step] = actual - last[i]!
        return Math.abs(actual - values[i * horizon + step]!)
      })
    })
    this.#trainer ??= new OnlineTrainer(this.network, {
      criterion: new HuberLoss(),
      optimizer: (parameters) => new Adam(parameters, { lr }),
    })
    const { loss } = await this.#trainer.partialFit(x, y)
    this.errors.push(...errors)
    this.errors.splice(0, this.errors.length - MOST_ERRORS)
    return loss
  }

  /** What the network makes of the latest steps of each series, in the scale of each. */
  #forward(
    who: string,
    series: readonly Series[],
    ahead: readonly (readonly Float64Array[])[],
  ): { x: Tensor; last: ArrayLike<number>; values: Float64Array } {
    const { past, horizon } = this.layout
    const width = widthOf(this.layout)
    const all = empty([series.length, past, width], 'float32')
    series.forEach((each, i) => {
      const from = each.target.length - past
      const features = featuresOf(each, this.scaling, this.layout, from, ahead[i])
      ;(all.data as Float32Array).set(features, i * past * width)
    })
    const { network } = this
    return noGrad(() => {
      const { x, last } = fromLast(all, this.#first)
      const y = Modes.evaluating(network).during(() => network.forward(x))
      checkForecast(who, network, series.length, horizon, y)
      const values = Float64Array.from(
        y.data,
        (value, i) => value + last.data[Math.floor(i / horizon)]!,
      )
      return { x, last: last.data, values }
    })
  }

  /** Half of the interval at each step, in the scale of the series: split conformal prediction. */
  #widths(who: string, coverage: number): number[] {
    const { errors } = this
    const place = Math.ceil((errors.length + 1) * coverage)
    if (place > errors.length) {
      const most = errors.length / (errors.length + 1)
      const expected = `at most ${most.toFixed(3)}, as ${errors.length} windows were measured`
      throw new ValueError(complaint(who, 'coverage', expected, coverage))
    }
    return Array.from({ length: this.layout.horizon }, (_, step) => {
      return Float64Array.from(errors, (row) => row[step]!).sort()[place - 1]!
    })
  }
}
