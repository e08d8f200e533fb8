import { complaint, ValueError } from '../errors.js'
import type { Values } from '../options.js'
import type { FittedForecaster, Forecast } from './fitted.js'
import type { BACKTEST } from './options.js'
import { before, latest, seriesOf, type Series } from './series.js'
import { readSettings, type Settings, trainOn } from './training.js'

/** How far forecasts are from what came. */
export interface ForecastErrors {
  /**
   * Mean absolute scaled error: the mean absolute error in units of what repeating the last season errs by
   * from step to step before the first origin; below 1 is better than that.
   */
  readonly mase: number
  /** Symmetric mean absolute percentage error, from 0 to 200. */
  readonly smape: number
  /** Root of the mean squared error, in the unit of the target. */
  readonly rmse: number
  /** Mean absolute error, in the unit of the target. */
  readonly mae: number
}

/** A forecast and what came. */
export interface BacktestForecast extends Forecast {
  readonly actual: number
  /** Where it was forecast from, 0 for the earliest. */
  readonly origin: number
}

/** What `Forecaster.backtest` tells. */
export interface Backtest extends ForecastErrors {
  /** Share of the values that lay inside of the intervals. */
  readonly coverage: number
  /** Mean width of the intervals. */
  readonly width: number
  readonly origins: number
  /** Steps of a season. */
  readonly season: number
  /** What comes of repeating the last value, and the last season. */
  readonly baselines: {
    readonly persistence: ForecastErrors
    readonly seasonalNaive: ForecastErrors
  }
  /** Each value that was forecast; steps without a value of their own are not among them. */
  readonly forecasts: readonly BacktestForecast[]
}

/**
 * Forecasts from points of time before the end of the series, as if what follows were not known yet.
 *
 * @throws ValueError when the series are too short; what `fit` throws.
 */
export async function backtested(
  who: string,
  settings: Settings,
  given: Values<typeof BACKTEST>,
  table: unknown,
): Promise<Backtest> {
  const read = seriesOf(who, table, readSettings(settings), null, settings.frequency)
  const { series } = read
  const { horizon } = settings
  const { origins, coverage, refit, stride = horizon, ...fitting } = given
  const back = (origin: number): number => horizon + (origins - 1 - origin) * stride
  const shortest = Math.min(...series.map(({ target }) => target.length))
  if (shortest <= back(0) + 1) {
    const expected = `more than ${back(0) + 1} steps for ${origins} origins`
    throw new ValueError(complaint(who, 'each series', expected, `${shortest}`))
  }
  const known = (origin: number): Series[] =>
    series.map((each) => before(each, each.target.length - back(origin)))
  const trained = async (origin: number): Promise<FittedForecaster> => {
    return (await trainOn(who, settings, fitting, { ...read, series: known(origin) })).fitted
  }
  let model = await trained(0)
  const { layout, season } = model
  const scales = known(0).map(({ target }) => naiveError(target, season))
  const [own, persistence, seasonal] = [new Errors(), new Errors(), new Errors()]
  const forecasts: BacktestForecast[] = []
  let inside = 0
  let widths = 0
  for (let origin = 0; origin < origins; origin++) {
    if (refit && origin > 0) model = await trained(origin)
    const pasts = known(origin).map((each) => latest(each, layout.past, layout.frequency))
    const ahead = series.map(({ columns, target }) => {
      const end = target.length - back(origin)
      return columns.slice(layout.covariates).map((column) => column.slice(end, end + horizon))
    })
    const made = model.of(who, pasts, coverage, ahead)
    made.forEach((forecast, place) => {
      const at = Math.floor(place / horizon)
      const { target, filled } = series[at]!
      const end = target.length - back(origin)
      const step = place % horizon
      if (filled[end + step] === 1) return
      const actual = target[end + step]!
      const scale = scales[at]!
      own.add(forecast.value, actual, scale)
      persistence.add(target[end - 1]!, actual, scale)
      const repeated = end + step - season * Math.ceil((step + 1) / season)
      seasonal.add(target[Math.max(0, repeated)]!, actual, scale)
      if (actual >= forecast.lower && actual <= forecast.upper) inside += 1
      widths += forecast.upper - forecast.lower
      forecasts.push({ ...forecast, actual, origin })
    })
  }
  const { length } = forecasts
  return {
    ...own.result(),
    coverage: inside / length,
    width: widths / length,
    origins,
    season,
    baselines: { persistence: persistence.result(), seasonalNaive: seasonal.result() },
    forecasts,
  }
}

/** What repeating the value of a season before errs by: the unit of MASE (Hyndman and Koehler, 2006). */
function naiveError(target: Float64Array, season: number): number {
  const lag = season < target.length ? season : 1
  let sum = 0
  for (let i = lag; i < target.length; i++) sum += Math.abs(target[i]! - target[i - lag]!)
  return sum / (target.length - lag)
}

class Errors {
  #count = 0
  #absolute = 0
  #scaled = 0
  #squared = 0
  #shares = 0

  add(forecast: number, actual: number, scale: number): void {
    const error = Math.abs(forecast - actual)
    const size = Math.abs(forecast) + Math.abs(actual)
    this.#count += 1
    this.#absolute += error
    this.#scaled += error / scale
    this.#squared += error ** 2
    this.#shares += size === 0 ? 0 : (200 * error) / size
  }

  result(): ForecastErrors {
    const count = this.#count
    return {
      mase: this.#scaled / count,
      smape: this.#shares / count,
      rmse: Math.sqrt(this.#squared / count),
      mae: this.#absolute / count,
    }
  }
}
