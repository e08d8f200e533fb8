import { checkArguments } from '../../check.js'
import { flag, type Option, type Options, readOptions, type Values } from '../../options.js'
import { configOf, owned } from './config.js'
import { Affine } from './affine.js'
import type { Input, NumberCells } from './cells.js'
import { checkInputs, checkSome } from './check-inputs.js'
import { Extent, scaleOf } from './extent.js'
import type { Fitting, TransformerConfig } from './fitted.js'
import { float64, type StateReader, type TransformerState } from './state.js'
import { done } from './steps.js'
import { NumberTransformer } from './transformer.js'

export interface MinMaxScalerOptions {
  /** Where the least and the greatest value of the fit go. Default [0, 1]. */
  featureRange?: readonly [number, number]
  /** Whether values outside of the fit's are held to this range. Default false. */
  clip?: boolean
}

type Range = readonly [number, number]

/** Two finite numbers, the second one above. @internal */
export function rangeOption(expected: string, initial: Range, within = Infinity): Option<Range> {
  const accepts = (value: unknown): boolean => {
    if (!Array.isArray(value) || value.length !== 2) return false
    const [low, high] = value as unknown[]
    if (typeof low !== 'number' || typeof high !== 'number') return false
    return low < high && Number.isFinite(high - low) && low >= -within && high <= within
  }
  return { initial, expected, accepts }
}

const OPTIONS = {
  featureRange: rangeOption('two numbers, the second one above, as in [0, 1]', [0, 1]),
  clip: flag(false),
} satisfies Options<MinMaxScalerOptions>

/**
 * y = (x - least) / (greatest - least), stretched to `featureRange`. A constant feature goes to the lower
 * end. Gaps (NaN) are left out of the fit and stay gaps.
 *
 * @example
 * new data.MinMaxScaler().fitTransform(tensor([[1], [3], [2]])).toArray() // [[0], [1], [0.5]]
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.preprocessing.MinMaxScaler.html
 */
export class MinMaxScaler extends NumberTransformer<MinMax> {
  /** @internal */
  declare readonly cell?: number | null
  readonly #options: Values<typeof OPTIONS>

  /** @throws ValueError for other options. */
  constructor(options: MinMaxScalerOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    this.#options = owned(readOptions('MinMaxScaler', OPTIONS, options))
  }

  /** Least value of each feature. @throws ValueError before `fit`. */
  get dataMin(): number[] {
    return [...this.link('dataMin').fitted.min]
  }

  /** Greatest value of each feature. @throws ValueError before `fit`. */
  get dataMax(): number[] {
    return [...this.link('dataMax').fitted.max]
  }

  override config(): TransformerConfig {
    return configOf('MinMaxScaler', this.#options)
  }

  /** @internal */
  override begin(inputs: readonly Input[]): Fitting<MinMax> {
    checkInputs('MinMaxScaler', inputs, ['number'])
    const extents = inputs.map(() => new Extent())
    return {
      observe: (cells) => {
        cells.forEach((some, i) => {
          extents[i]!.add((some as NumberCells).values)
        })
      },
      finish: () => {
        extents.forEach(({ min, max }, i) => {
          checkSome('MinMaxScaler', inputs[i]!, Number(min <= max))
        })
        const min = Float64Array.from(extents, (extent) => extent.min)
        const max = Float64Array.from(extents, (extent) => extent.max)
        return done(this.#fitted(min, max))
      },
    }
  }

  /** @internal */
  override restore(reader: StateReader, { length }: readonly Input[]): MinMax {
    return this.#fitted(reader.numbers('min', length), reader.numbers('max', length))
  }

  #fitted(min: Float64Array, max: Float64Array): MinMax {
    const { featureRange, clip } = this.#options
    const [low, high] = featureRange
    const scale = min.map((least, i) => scaleOf(max[i]! - least) / (high - low))
    const shift = min.map((least, i) => least - low * scale[i]!)
    return new MinMax(min, max, shift, scale, clip ? featureRange : undefined)
  }
}

class MinMax extends Affine {
  constructor(
    readonly min: Float64Array,
    readonly max: Float64Array,
    shift: Float64Array,
    scale: Float64Array,
    clip: Range | undefined,
  ) {
    super(shift, scale, clip)
  }

  override state(): TransformerState {
    return { min: float64(this.min), max: float64(this.max) }
  }
}
