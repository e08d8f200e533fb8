import { data } from '../../index.js'
import { number, some } from '../../report/words.js'
import { show } from '../../show.js'
import { dateText } from '../csv.js'
import { type Io, printJson } from '../io.js'
import { UsageError } from '../usage-error.js'
import { tableOf } from '../words.js'

export interface ForecastSettings {
  readonly target: string
  readonly time: string | undefined
  readonly horizon: number
  readonly group: string | undefined
  readonly epochs: number | undefined
  readonly batchSize: number | undefined
  readonly lr: number | undefined
  readonly out: string
  readonly report: string
  readonly title: string
  readonly json: boolean
}

/** Origins that a forecaster is judged from, where the series are long enough for them. */
const ORIGINS = 5

/** Judges forecasts from points of time before the end, then learns from all rows and writes the model. */
export async function trainForecaster(
  table: data.Table,
  settings: ForecastSettings,
  io: Io,
): Promise<void> {
  const { target, time, horizon, group: key, out, report, title, json } = settings
  if (time === undefined)
    throw new UsageError(
      'which column has the time of the rows? --horizon goes with --time <column>',
    )
  const { epochs, batchSize, lr } = settings
  const model = new data.Forecaster({ time, target, horizon, key, batchSize, lr })
  const fitting = { epochs, signal: io.signal, progress: false }
  io.tell('judging forecasts by what came')
  const { forecasts, ...judged } = await model.backtest(table, { ...fitting, origins: ORIGINS })
  io.tell('training the model')
  const history = await model.fit(table, fitting)
  for (const warning of history.warnings) io.tell(`note: ${warning}`)
  await model.save(out)
  const next = model.predict()
  await history.report(report, { title, forecasts: [...forecasts, ...next] })
  if (json) {
    const { past, season } = model
    printJson(io, { target, time, horizon, past, season, judged, forecasts: next, model: out, report }) // prettier-ignore
  } else {
    const { baselines, coverage } = judged
    const rows = { model: judged, 'last season': baselines.seasonalNaive, 'last value': baselines.persistence } // prettier-ignore
    const names = ['mase', 'smape', 'rmse', 'mae'] as const
    io.print(`${show(target)}: ${some(horizon, 'step')} ahead, judged by ${some(forecasts.length, 'value')} from ${ORIGINS} origins`) // prettier-ignore
    const lines = Object.entries(rows).map(([who, own]) => [who, ...names.map((name) => number(own[name]))]) // prettier-ignore
    for (const line of tableOf([['', ...names], ...lines])) io.print(line)
    io.print(`intervals for 90 % of the values held ${(100 * coverage).toFixed(0)} % of them`)
    io.print('')
    const header = [...(key === undefined ? [] : [key]), time, target, 'lower', 'upper']
    const cells = next.map((each) => [...(key === undefined ? [] : [String(each.key)]), timeText(each.time), ...[each.value, each.lower, each.upper].map((value) => number(value))]) // prettier-ignore
    for (const line of tableOf([header, ...cells])) io.print(line)
  }
  io.tell(`written: ${out}, ${report}`)
}

/** A time as it stands in a file. */
export function timeText(time: Date | number): string {
  return typeof time === 'number' ? String(time) : dateText(time)
}
