import { checkArguments } from '../../check.js'
import { flag, type Options, readOptions, type Values } from '../../options.js'
import { configOf } from './config.js'
import { Affine } from './affine.js'
import type { Input, NumberCells } from './cells.js'
import { checkInputs, checkSome } from './check-inputs.js'
import { Moments, isConstant } from './moments.js'
import { float64, type StateReader, type TransformerState } from './state.js'
import { done } from './steps.js'
import type { Fitting, TransformerConfig } from './fitted.js'
import { NumberTransformer } from './transformer.js'

export interface StandardScalerOptions {
  /** Whether the mean is subtracted. Default true. */
  withMean?: boolean
  /** Whether it is divided by the standard deviation. Default true. */
  withStd?: boolean
}

const OPTIONS = {
  withMean: flag(true),
  withStd: flag(true),
} satisfies Options<StandardScalerOptions>

/**
 * z = (x - mean) / deviation, the deviation being that of all rows (divided by n). A constant feature is
 * divided by 1. Gaps (NaN) are left out of the fit and stay gaps.
 *
 * @example
 * new data.StandardScaler().fitTransform(tensor([[1], [3]])).toArray() // [[-1], [1]]
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.preprocessing.StandardScaler.html
 */
export class StandardScaler extends NumberTransformer<Standard> {
  /** @internal */
  declare readonly cell?: number | null
  readonly #options: Values<typeof OPTIONS>

  /** @throws ValueError for other options. */
  constructor(options: StandardScalerOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    this.#options = readOptions('StandardScaler', OPTIONS, options)
  }

  /** Of each feature. @throws ValueError before `fit`. */
  get mean(): number[] {
    return [...this.#learned('mean').mean]
  }

  /** Variance of each feature, of all rows. @throws ValueError before `fit`. */
  get var(): number[] {
    return [...this.#learned('var').variance]
  }

  /** What each feature is divided by. @throws ValueError before `fit`. */
  get scale(): number[] {
    return [...this.#learned('scale').scale]
  }

  #learned(what: string): Standard {
    return this.link(what).fitted
  }

  override config(): TransformerConfig {
    return configOf('StandardScaler', this.#options)
  }

  /** @internal */
  override begin(inputs: readonly Input[]): Fitting<Standard> {
    checkInputs('StandardScaler', inputs, ['number'])
    const moments = inputs.map(() => new Moments())
    return {
      observe: (cells) => {
        cells.forEach((some, i) => {
          moments[i]!.add((some as NumberCells).values)
        })
      },
      finish: () => {
        moments.forEach(({ count }, i) => {
          checkSome('StandardScaler', inputs[i]!, count)
        })
        const all = (what: 'mean' | 'var' | 'count'): Float64Array =>
          Float64Array.from(moments, (moment) => moment[what])
        return done(this.#fitted(all('mean'), all('var'), all('count')))
      },
    }
  }

  /** @internal */
  override restore(reader: StateReader, { length }: readonly Input[]): Standard {
    const counts = reader.numbers('count', length)
    return this.#fitted(reader.numbers('mean', length), reader.numbers('var', length), counts)
  }

  #fitted(mean: Float64Array, variance: Float64Array, count: Float64Array): Standard {
    const { withMean, withStd } = this.#options
    const scale = variance.map((value, i) =>
      !withStd || isConstant(value, mean[i]!, count[i]!) ? 1 : Math.sqrt(value),
    )
    return new Standard(mean, variance, count, withMean ? mean : mean.map(() => 0), scale)
  }
}

class Standard extends Affine {
  constructor(
    readonly mean: Float64Array,
    readonly variance: Float64Array,
    readonly count: Float64Array,
    shift: Float64Array,
    scale: Float64Array,
  ) {
    super(shift, scale)
  }

  override state(): TransformerState {
    return { mean: float64(this.mean), var: float64(this.variance), count: float64(this.count) }
  }
}
