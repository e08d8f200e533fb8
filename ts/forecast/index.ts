export type { Backtest, BacktestForecast, ForecastErrors } from './backtest.js'
export type { ForecasterDescription } from './description.js'
export type { Forecast, ForecasterPartialFitResult, RecentStep } from './fitted.js'
export { Forecaster, type ForecasterPartialFitOptions } from './forecaster.js'
export type {
  BacktestOptions,
  ForecasterFitOptions,
  ForecasterOptions,
  ForecastOptions,
  NetworkFactory,
} from './options.js'
