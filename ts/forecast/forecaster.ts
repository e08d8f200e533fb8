import { checkArguments, checkPath } from '../check.js'
import type { RowInput } from '../data/table/table.js'
import { Table } from '../data/table/table.js'
import { complaint, ValueError } from '../errors.js'
import { writeAtomically } from '../io/atomic-write.js'
import type { ModelSource } from '../io/model/model-file.js'
import type { Module } from '../nn/module.js'
import { type Options, positive, readOptions, type Values } from '../options.js'
import type { History } from '../train/history.js'
import type { Backtest } from './backtest.js'
import type { ForecasterDescription } from './description.js'
import type {
  FittedForecaster,
  Forecast,
  ForecasterPartialFitResult,
  RecentStep,
} from './fitted.js'
import {
  BACKTEST,
  type BacktestOptions,
  FIT,
  FORECASTER,
  type ForecasterFitOptions,
  type ForecasterOptions,
  type ForecastOptions,
  PREDICT,
} from './options.js'

export interface ForecasterPartialFitOptions {
  /** Learning rate of Adam; that of the first call holds. Default 1e-4. */
  lr?: number
}

const PARTIAL_FIT = { lr: positive(1e-4) } satisfies Options<ForecasterPartialFitOptions>

/**
 * Forecasts series: from a table with a time and a number to the next `horizon` steps, each with an interval.
 *
 * Rows may stand in any order; they are sorted by time. Steps without a row or a value are filled (`fill`)
 * and told in `history.warnings`. A network learns from all windows of `past` steps what the next ones differ
 * by from the last value. A second one, which the latest windows are held from, is measured on these, and
 * the errors make the intervals (split conformal prediction).
 *
 * @example
 * const model = new data.Forecaster({ time: 'date', target: 'units', horizon: 14 })
 * await model.fit(await data.readCsv('sales.csv'))
 * model.predict() // [{ time: 2024-04-01, step: 1, value: 182.1, lower: 160.4, upper: 203.8, … }, …]
 *
 * Sources: Zeng et al., Are Transformers Effective for Time Series Forecasting? (2022), NLinear; Lei et al.,
 * Distribution-Free Predictive Inference for Regression (2018).
 */
export class Forecaster {
  readonly #settings: Values<typeof FORECASTER>
  #fitted: FittedForecaster | null = null
  #save: ((fitted: FittedForecaster) => Uint8Array) | null = null
  #history: History | null = null
  #fitting = false
  #lost = false

  /** @throws ValueError for an option out of its range. */
  constructor(options: ForecasterOptions) {
    checkArguments(new.target.name, 1, arguments)
    this.#settings = readOptions('Forecaster', FORECASTER, options)
  }

  /** The column of the time. */
  get time(): string {
    return this.#settings.time
  }

  /** The column that is forecast. */
  get target(): string {
    return this.#settings.target
  }

  get horizon(): number {
    return this.#settings.horizon
  }

  /** Steps that are looked at; null before `fit`, unless they were said. */
  get past(): number | null {
    return this.#fitted?.layout.past ?? this.#settings.past ?? null
  }

  /** Steps of a season; null before `fit`, unless they were said. */
  get season(): number | null {
    return this.#fitted?.season ?? this.#settings.season ?? null
  }

  /** What was trained, in evaluation mode; null before `fit`. */
  get network(): Module | null {
    return this.#fitted?.network ?? null
  }

  /** Of the last `fit` here; null before. */
  get history(): History | null {
    return this.#history
  }

  get isFitted(): boolean {
    return this.#fitted !== null
  }

  /**
   * Learns from a table, off the main thread as `fit` does: twice, the network that is kept, which callbacks
   * and history tell of, and the one that the intervals are measured with. A fit that fails leaves the
   * forecaster as it was.
   *
   * @returns the history; `history.warnings` tell what was filled.
   * @throws ValueError, NotFiniteError when table and options do not fit: a column that is not there or of
   *   another type, a time that is missing or comes twice, times without even steps, a series that is too
   *   short or never changes; ShapeError when the network's outputs are not (N, horizon); what `fit` throws.
   */
  async fit(table: Table, options: ForecasterFitOptions = {}): Promise<History> {
    checkArguments('Forecaster.fit', 2, arguments)
    const given = readOptions('Forecaster.fit', FIT, options)
    this.#checkWhole('Forecaster.fit')
    if (this.#fitting) throw new ValueError('Forecaster.fit: it is being fitted already')
    this.#fitting = true
    try {
      const { train, bytesOf } = await import('./forecasting.js')
      const { fitted, history } = await train('Forecaster.fit', this.#settings, given, table)
      this.#fitted = fitted
      this.#save = (what) => bytesOf(this.#settings, this.#lost, what)
      this.#history = history
      return history
    } finally {
      this.#fitting = false
    }
  }

  /**
   * Forecasts the next `horizon` steps: of each series that it knows, or of those of a table.
   *
   * @param rows The latest rows, `past` steps of each series at least. Default: those it has learned from last.
   * @throws ValueError before `fit`, for rows that do not fit, and for a coverage that too few windows were
   *   measured for.
   */
  predict(rows?: Table | readonly RowInput[] | null, options: ForecastOptions = {}): Forecast[] {
    checkArguments('Forecaster.predict', 2, arguments)
    const { coverage, future } = readOptions('Forecaster.predict', PREDICT, options)
    const fitted = this.#ready('predict')
    const table = rows === undefined || rows === null ? undefined : this.#tableOf('predict', rows)
    return fitted.forecast('Forecaster.predict', table, coverage, future)
  }

  /**
   * The latest values that it has learned from, `past + horizon` steps of each series without those that
   * were filled: what forecasts begin behind, for a chart.
   *
   * @throws ValueError before `fit`.
   *
   * @example
   * const forecasts = [...model.recent(), ...model.predict()]
   * await model.history.report('units.html', { forecasts })
   */
  recent(): RecentStep[] {
    checkArguments('Forecaster.recent', 0, arguments)
    return this.#ready('recent').recent()
  }

  /**
   * Learns from rows that follow on those before, while it answers: forecasts begin behind them then, and
   * intervals follow the latest errors. Steps between are filled.
   *
   * @throws ValueError before `fit`, and for rows that do not follow or fit; nothing is changed then.
   *
   * @example
   * await model.partialFit([{ date: new Date('2024-04-01'), units: 178 }])
   */
  async partialFit(
    rows: Table | RowInput | readonly RowInput[],
    options: ForecasterPartialFitOptions = {},
  ): Promise<ForecasterPartialFitResult> {
    checkArguments('Forecaster.partialFit', 2, arguments)
    const { lr } = readOptions('Forecaster.partialFit', PARTIAL_FIT, options)
    const fitted = this.#ready('partialFit')
    const list = rows instanceof Table || Array.isArray(rows) ? rows : [rows as RowInput]
    return fitted.partialFit('Forecaster.partialFit', this.#tableOf('partialFit', list), lr)
  }

  /**
   * How good such forecasts are: networks are fitted before points of time (origins) of the table, and their
   * forecasts compared with what came, beside those that repeat the last value and the last season. This
   * forecaster stays as it is.
   *
   * @throws as `fit`; ValueError when the series are too short for the origins.
   */
  async backtest(table: Table, options: BacktestOptions = {}): Promise<Backtest> {
    checkArguments('Forecaster.backtest', 2, arguments)
    const given = readOptions('Forecaster.backtest', BACKTEST, options)
    this.#checkWhole('Forecaster.backtest')
    const { backtested } = await import('./forecasting.js')
    return backtested('Forecaster.backtest', this.#settings, given, table)
  }

  /** What it reads, forecasts and has learned from, fit for JSON. @throws ValueError before `fit`. */
  describe(): ForecasterDescription {
    checkArguments('Forecaster.describe', 0, arguments)
    return this.#ready('describe').describe()
  }

  /**
   * The bytes of a file of it: a model's file, as `io.saveModel` writes one, with the latest steps and the
   * errors beside.
   *
   * @throws ValueError before `fit`, and for a module of a class that is not registered.
   */
  toBuffer(): Uint8Array {
    checkArguments('Forecaster.toBuffer', 0, arguments)
    const fitted = this.#ready('toBuffer')
    return this.#save!(fitted)
  }

  /**
   * Saves it in one file, which is replaced as `io.saveModel` does.
   *
   * @param target A path or a `file:` URL, in a folder that exists.
   * @throws as `toBuffer`.
   */
  async save(target: string | URL): Promise<void> {
    checkArguments('Forecaster.save', 1, arguments)
    checkPath('Forecaster.save', 'the target', target)
    await writeAtomically(target, this.toBuffer())
  }

  /**
   * The forecaster of a file. A network that a function has made is there, the function is not: such a
   * forecaster answers and learns by `partialFit`, and is not fitted again.
   *
   * @param source A path, a `file:` URL or the bytes of a file.
   * @throws FormatError when the file is cut off, damaged, made wrongly or no forecaster's.
   */
  static async load(source: ModelSource): Promise<Forecaster> {
    checkArguments('Forecaster.load', 1, arguments)
    const { restored, bytesOf } = await import('./forecasting.js')
    const { settings, fitted, lost } = await restored('Forecaster.load', source)
    const forecaster = new Forecaster(settings)
    forecaster.#fitted = fitted
    forecaster.#lost = lost
    forecaster.#save = (what) => bytesOf(settings, lost, what)
    return forecaster
  }

  #tableOf(method: string, rows: Table | readonly RowInput[]): Table {
    if (rows instanceof Table) return rows
    if (Array.isArray(rows)) return Table.fromRows(rows)
    const expected = 'a Table or a list of rows'
    throw new ValueError(complaint(`Forecaster.${method}`, 'the rows', expected, rows))
  }

  #checkWhole(who: string): void {
    if (!this.#lost) return
    const got = 'one out of a file, which does not hold the function of its network'
    const hint = 'make a new Forecaster with it'
    throw new ValueError(complaint(who, 'the forecaster', 'complete', got, hint))
  }

  #ready(method: string): FittedForecaster {
    if (this.#fitted !== null) return this.#fitted
    const who = `Forecaster.${method}`
    throw new ValueError(
      complaint(who, 'the forecaster', 'fitted', 'no fit yet', 'await fit first'),
    )
  }
}
