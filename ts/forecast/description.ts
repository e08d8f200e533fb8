import type { Module } from '../nn/module.js'
import type { Layout } from './features.js'
import { inWords, timeAfter } from './frequency.js'
import type { Series, SeriesSettings } from './series.js'

/** What a forecaster reads, forecasts and has learned from. */
export interface ForecasterDescription {
  readonly time: string
  readonly target: string
  /** The column that tells series apart; null where there is one. */
  readonly key: string | null
  readonly covariates: readonly string[]
  /** Columns that are known of the steps to come. */
  readonly known: readonly string[]
  readonly horizon: number
  readonly past: number
  readonly season: number
  /** From one step to the next, in words: `a day`. */
  readonly frequency: string
  /** Whether times are dates; numbers otherwise. */
  readonly dates: boolean
  /** By key: the time of the last step, of dates as in ISO 8601. */
  readonly series: readonly { readonly key: string | null; readonly until: string | number }[]
  /** Windows whose errors make the intervals. */
  readonly measured: number
  /** The network as it prints, and the elements of its parameters. */
  readonly network: string
  readonly parameters: number
}

/** What of a forecaster is told. */
interface Told {
  readonly read: SeriesSettings
  readonly layout: Layout
  readonly season: number
  readonly dates: boolean
  readonly network: Module
  readonly errors: readonly unknown[]
  readonly tails: ReadonlyMap<unknown, Series>
}

export function descriptionOf(fitted: Told): ForecasterDescription {
  const { read, layout, season, dates, network, errors, tails } = fitted
  const { time, target, key = null, columns } = read
  const { horizon, past, frequency, covariates } = layout
  const series = Array.from(tails.values(), ({ key, start, target: { length } }) => {
    const until = timeAfter(frequency, start, length - 1)
    return { key, until: dates ? new Date(until).toISOString() : until }
  })
  return {
    time,
    target,
    key,
    covariates: columns.slice(0, covariates),
    known: columns.slice(covariates),
    horizon,
    past,
    season,
    frequency: inWords(frequency),
    dates,
    series,
    measured: errors.length,
    network: String(network),
    parameters: network.parameters().reduce((sum, { length }) => sum + length, 0),
  }
}
