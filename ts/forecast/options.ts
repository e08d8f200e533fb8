import { Table } from '../data/table/table.js'
import type { Module } from '../nn/module.js'
import {
  callable,
  choice,
  flag,
  list,
  type Option,
  type Options,
  positive,
  required,
  share,
  signal,
  text,
  unchecked,
  whole,
} from '../options.js'
import { THREADS } from '../threads.js'
import type { FitOptions } from '../train/fit-options.js'

/** The time from one step to the next by name. */
export const UNITS = [
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'quarter',
  'year',
] as const

/** What is put where a step has no row or no value. */
export const FILLS = ['interpolate', 'forward', 'zero', 'refuse'] as const

/** Networks by name. */
export const NETWORKS = ['mlp', 'linear', 'gru', 'attention'] as const

/**
 * Makes a network of inputs (N, past, features) and outputs (N, horizon). The first feature is the target
 * less its last value, and so are the outputs.
 */
export type NetworkFactory = (past: number, features: number, horizon: number) => Module

export interface ForecasterOptions {
  /** The column of the time: dates, or numbers that count steps. */
  time: string
  /** The column of numbers that is forecast. */
  target: string
  /** Steps that are forecast. */
  horizon: number
  /** Steps that are looked at. Default: two seasons, two horizons at least, and what a short series allows. */
  past?: number
  /** The column that tells several series apart; one network learns from all of them. Default: one series. */
  key?: string
  /** Columns of numbers that are known up to now. */
  covariates?: readonly string[]
  /** Columns of numbers that are known for the steps to come, too, as a price is: `predict` is given them. */
  known?: readonly string[]
  /** From one step to the next: by name, or in milliseconds (of numbers: in their unit). Default: found. */
  frequency?: (typeof UNITS)[number] | number
  /** Steps of a season. Default: 24 of hours, 7 of days, 52 of weeks, 12 of months, 4 of quarters, else none. */
  season?: number
  /** Whether the network sees the hour, the day of the week and of the year, as the frequency needs them. Default true. */
  calendar?: boolean
  /** What is put where a step has no row or no value. Default `'interpolate'`, on a line between its neighbours. */
  fill?: (typeof FILLS)[number]
  /**
   * `'mlp'`: a hidden layer of 64 beside a linear one; `'linear'`: that alone; `'gru'`: a GRU of 64 and a
   * linear layer behind its last step; `'attention'`: a layer of a transformer, of 4 heads and 32 features a
   * step, and a linear one over all steps; or what makes one of its own.
   * Default `'mlp'`.
   */
  network?: (typeof NETWORKS)[number] | NetworkFactory
  /**
   * Share of the windows, the latest ones, that the intervals are measured on, by a network that has learned
   * from those before. Default 0.2.
   */
  calibration?: number
  /** Windows of a step. Default 32. */
  batchSize?: number
  /** Highest learning rate of AdamW. Default 3e-3. */
  lr?: number
}

const frequency: Option<ForecasterOptions['frequency']> = {
  initial: undefined,
  expected: `${UNITS.map((unit) => `'${unit}'`).join(', ')} or a number above 0`,
  accepts: (value) => UNITS.some((unit) => unit === value) || positive().accepts(value),
}

const network: Option<Exclude<ForecasterOptions['network'], undefined>> = {
  initial: 'mlp',
  expected: `${NETWORKS.map((name) => `'${name}'`).join(', ')} or a function that makes a Module`,
  accepts: (value) => NETWORKS.some((name) => name === value) || callable().accepts(value),
}

export const FORECASTER = {
  time: required(text()),
  target: required(text()),
  horizon: required(whole(1)),
  past: whole(1),
  key: text(),
  covariates: list(text()),
  known: list(text()),
  frequency,
  season: whole(1),
  calendar: flag(true),
  fill: choice(FILLS, 'interpolate'),
  network,
  calibration: share(0.2, '(0, 1)'),
  batchSize: whole(1, 32),
  lr: positive(3e-3),
} satisfies Options<ForecasterOptions>

export interface ForecasterFitOptions extends Pick<
  FitOptions,
  | 'callbacks'
  | 'clipGradNorm'
  | 'signal'
  | 'threads'
  | 'priority'
  | 'progress'
  | 'history'
  | 'capture'
  | 'details'
> {
  /** Passes over the windows. Default: from 5 to 200, of about 1,500 steps. */
  epochs?: number
}

export const FIT = {
  epochs: whole(1),
  callbacks: unchecked<ForecasterFitOptions['callbacks']>(),
  clipGradNorm: unchecked<number>(),
  signal: signal(),
  ...THREADS,
  progress: flag(),
  history: unchecked<ForecasterFitOptions['history']>(),
  capture: flag(),
  details: flag(),
} satisfies Options<ForecasterFitOptions>

export interface ForecastOptions {
  /** Share of the values to come that shall lie inside of the intervals. Default 0.9. */
  coverage?: number
  /** The steps to come with the columns that are `known` of them. */
  future?: Table
}

const TABLE: Option<Table | undefined> = {
  initial: undefined,
  expected: 'a Table',
  accepts: (value) => value instanceof Table,
}

export const PREDICT = {
  coverage: share(0.9, '(0, 1)'),
  future: TABLE,
} satisfies Options<ForecastOptions>

export interface BacktestOptions extends ForecasterFitOptions {
  /** Points of time from which it is forecast. Default 5. */
  origins?: number
  /** Steps from one to the next. Default: the horizon. */
  stride?: number
  /** Share of the values to come that shall lie inside of the intervals. Default 0.9. */
  coverage?: number
  /** Whether a new network is fitted for each origin. Default false: one, before the first of them. */
  refit?: boolean
}

export const BACKTEST = {
  ...FIT,
  origins: whole(1, 5),
  stride: whole(1),
  coverage: share(0.9, '(0, 1)'),
  refit: flag(false),
} satisfies Options<BacktestOptions>
