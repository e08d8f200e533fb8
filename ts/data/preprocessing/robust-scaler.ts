import { checkArguments } from '../../check.js'
import { flag, type Options, readOptions, type Values } from '../../options.js'
import { configOf, owned } from './config.js'
import { Affine } from './affine.js'
import type { Input, NumberCells } from './cells.js'
import { checkInputs, checkSome } from './check-inputs.js'
import { scaleOf } from './extent.js'
import type { Fitting, TransformerConfig } from './fitted.js'
import { rangeOption } from './min-max-scaler.js'
import { joined, quantile } from './selected.js'
import { float64, type StateReader, type TransformerState } from './state.js'
import { NumberTransformer } from './transformer.js'

export interface RobustScalerOptions {
  /** Whether the median is subtracted. Default true. */
  withCentering?: boolean
  /** Whether it is divided by the distance between two percentiles. Default true. */
  withScaling?: boolean
  /** These percentiles, from 0 to 100. Default [25, 75]. */
  quantileRange?: readonly [number, number]
}

const OPTIONS = {
  withCentering: flag(true),
  withScaling: flag(true),
  quantileRange: rangeOption('two percentiles, as in [25, 75]', [25, 75], 100),
} satisfies Options<RobustScalerOptions>

/**
 * y = (x - median) / (upper - lower percentile), which few outliers do not change. A constant feature is
 * divided by 1. Gaps (NaN) are left out of the fit and stay gaps.
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.preprocessing.RobustScaler.html
 */
export class RobustScaler extends NumberTransformer<Robust> {
  /** @internal */
  declare readonly cell?: number | null
  readonly #options: Values<typeof OPTIONS>

  /** @throws ValueError for other options. */
  constructor(options: RobustScalerOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    this.#options = owned(readOptions('RobustScaler', OPTIONS, options))
  }

  /** Median of each feature. @throws ValueError before `fit`. */
  get center(): number[] {
    return [...this.link('center').fitted.center]
  }

  /** What each feature is divided by. @throws ValueError before `fit`. */
  get scale(): number[] {
    return [...this.link('scale').fitted.scale]
  }

  override config(): TransformerConfig {
    return configOf('RobustScaler', this.#options)
  }

  /** @internal */
  override begin(inputs: readonly Input[]): Fitting<Robust> {
    checkInputs('RobustScaler', inputs, ['number'])
    const blocks = inputs.map((): Float64Array[] => [])
    const fitted = (center: Float64Array, range: Float64Array): Robust =>
      this.#fitted(center, range)
    const [low, high] = this.#options.quantileRange
    return {
      observe: (cells) => {
        cells.forEach((some, i) => blocks[i]!.push((some as NumberCells).values))
      },
      *finish() {
        const center = new Float64Array(inputs.length)
        const range = new Float64Array(inputs.length)
        for (const [i, input] of inputs.entries()) {
          const values = yield* joined(blocks[i]!)
          checkSome('RobustScaler', input, values.length)
          center[i] = yield* quantile(values, 0.5)
          const upper = yield* quantile(values, high / 100)
          range[i] = upper - (yield* quantile(values, low / 100))
        }
        return fitted(center, range)
      },
    }
  }

  /** @internal */
  override restore(reader: StateReader, { length }: readonly Input[]): Robust {
    return this.#fitted(reader.numbers('center', length), reader.numbers('range', length))
  }

  #fitted(center: Float64Array, range: Float64Array): Robust {
    const { withCentering, withScaling } = this.#options
    const scale = range.map((value) => (withScaling ? scaleOf(value) : 1))
    return new Robust(center, range, withCentering ? center : center.map(() => 0), scale)
  }
}

class Robust extends Affine {
  constructor(
    readonly center: Float64Array,
    readonly range: Float64Array,
    shift: Float64Array,
    scale: Float64Array,
  ) {
    super(shift, scale)
  }

  override state(): TransformerState {
    return { center: float64(this.center), range: float64(this.range) }
  }
}
