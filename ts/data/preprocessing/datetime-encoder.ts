import { checkArguments } from '../../check.js'
import { choice, flag, nullable, type Options, readOptions, type Values } from '../../options.js'
import { configOf } from './config.js'
import type { Input } from './cells.js'
import { checkInputs } from './check-inputs.js'
import { type DatePart, Dates } from './dates.js'
import type { Fitting, TransformerConfig } from './fitted.js'
import { done } from './steps.js'
import { Encoder } from './transformer.js'

const RESOLUTIONS = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const

export interface DatetimeEncoderOptions {
  /** The finest part. Default `'hour'`. */
  resolution?: (typeof RESOLUTIONS)[number]
  /** Whether the day of the week is a part. Default true. */
  addWeekday?: boolean
  /** Whether the seconds since 1970 are one, by which a trend is seen. Default true. */
  addTotalSeconds?: boolean
  /**
   * `'circular'`: each part but the year as a point of a circle, sine and cosine, so that December is near
   * January; null: as a number. Default `'circular'`.
   */
  periodicEncoding?: 'circular' | null
}

const OPTIONS = {
  resolution: choice(RESOLUTIONS, 'hour'),
  addWeekday: flag(true),
  addTotalSeconds: flag(true),
  periodicEncoding: nullable({ ...choice(['circular']), initial: 'circular' }),
} satisfies Options<DatetimeEncoderOptions>

/**
 * A date, in UTC, as its parts: year, month, day, hour, … up to `resolution`, the day of the week and the
 * seconds since 1970. Put a StandardScaler behind it for the year and the seconds.
 *
 * A gap gives gaps: put a SimpleImputer before it, whose indicator passes as it is.
 *
 * @example
 * const encoder = new data.DatetimeEncoder({ resolution: 'month', addTotalSeconds: false, addWeekday: false })
 * encoder.fit([new Date('2024-04-01')]).getFeatureNamesOut(['day'])
 * // ['day_year', 'day_month_sin', 'day_month_cos']
 *
 * Source: https://skrub-data.org/stable/reference/generated/skrub.DatetimeEncoder.html
 */
export class DatetimeEncoder extends Encoder<Dates> {
  /** @internal */
  declare readonly cell?: Date | string | number | null
  readonly #options: Values<typeof OPTIONS>

  /** @throws ValueError for other options. */
  constructor(options: DatetimeEncoderOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    this.#options = readOptions('DatetimeEncoder', OPTIONS, options)
  }

  override config(): TransformerConfig {
    return configOf('DatetimeEncoder', this.#options)
  }

  /** @internal */
  override begin(inputs: readonly Input[]): Fitting<Dates> {
    checkInputs('DatetimeEncoder', inputs, ['date', 'number'], 'read the column as dates')
    return { observe: () => undefined, finish: () => done(this.#fitted(inputs)) }
  }

  /** @internal */
  override restore(_reader: unknown, inputs: readonly Input[]): Dates {
    return this.#fitted(inputs)
  }

  #fitted(inputs: readonly Input[]): Dates {
    const { resolution, addWeekday, addTotalSeconds, periodicEncoding } = this.#options
    const parts: DatePart[] = RESOLUTIONS.slice(0, RESOLUTIONS.indexOf(resolution) + 1)
    if (addWeekday) parts.push('weekday')
    if (addTotalSeconds) parts.push('total_seconds')
    return new Dates(inputs, parts, periodicEncoding === 'circular')
  }
}
