import { checkArguments } from '../../check.js'
import { choice, finite, type Options, readOptions, type Values } from '../../options.js'
import { configOf, owned } from './config.js'
import {
  type Categories,
  categoriesOption,
  fittingCategories,
  restoredCategories,
} from './categories.js'
import type { Input } from './cells.js'
import type { Fitting, TransformerConfig } from './fitted.js'
import { Ordinal } from './ordinal.js'
import type { StateReader } from './state.js'
import { Encoder } from './transformer.js'

export interface OrdinalEncoderOptions {
  /** Categories in their order, as small, medium, large. Default: those of the fit, sorted. */
  categories?: readonly string[]
  /** What a category gives that is none of these: `unknownValue` or an error. Default the first. */
  handleUnknown?: 'useEncodedValue' | 'error'
  /** Default -1. */
  unknownValue?: number
  /** What a gap gives. Default -1. */
  encodedMissingValue?: number
}

const OPTIONS = {
  categories: categoriesOption,
  handleUnknown: choice(['useEncodedValue', 'error'], 'useEncodedValue'),
  unknownValue: finite(-1),
  encodedMissingValue: finite(-1),
} satisfies Options<OrdinalEncoderOptions>

/**
 * Each category as a number, from 0 on, in their order; what the fit did not see as `unknownValue`.
 *
 * @example
 * const encoder = new data.OrdinalEncoder({ categories: ['small', 'large'] })
 * encoder.fitTransform(['large', 'small', null]).toArray() // [[1], [0], [-1]]
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.preprocessing.OrdinalEncoder.html
 */
export class OrdinalEncoder extends Encoder<Ordinal> {
  /** @internal */
  declare readonly cell?: string | number | boolean | bigint | null
  readonly #options: Values<typeof OPTIONS>

  /** @throws ValueError for other options. */
  constructor(options: OrdinalEncoderOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    this.#options = owned(readOptions('OrdinalEncoder', OPTIONS, options))
  }

  /** Categories of each feature. @throws ValueError before `fit`. */
  get categories(): string[][] {
    return this.link('categories').fitted.categories.map((some) => [...some])
  }

  override config(): TransformerConfig {
    return configOf('OrdinalEncoder', this.#options)
  }

  /** @internal */
  override begin(inputs: readonly Input[]): Fitting<Ordinal> {
    return fittingCategories('OrdinalEncoder', inputs, this.#options.categories, (categories) =>
      this.#fitted(inputs, categories),
    )
  }

  /** @internal */
  override restore(reader: StateReader, inputs: readonly Input[]): Ordinal {
    return this.#fitted(inputs, restoredCategories(reader, inputs))
  }

  #fitted(inputs: readonly Input[], categories: readonly Categories[]): Ordinal {
    const { handleUnknown, unknownValue, encodedMissingValue: missing } = this.#options
    const unknown = handleUnknown === 'error' ? undefined : unknownValue
    return new Ordinal('OrdinalEncoder', inputs, categories, { unknown, missing, first: 0 })
  }
}
