import { checkArguments } from '../../check.js'
import { type Options, readOptions, whole } from '../../options.js'
import { configOf } from './config.js'
import { type Categories, fittingCategories, restoredCategories } from './categories.js'
import type { Input } from './cells.js'
import type { Fitting, TransformerConfig } from './fitted.js'
import { Ordinal } from './ordinal.js'
import type { StateReader } from './state.js'
import { Encoder } from './transformer.js'

export interface EmbeddingEncoderOptions {
  /** Length of the vector of a category. Default: 1.6 n^0.56 of n indices, rounded, 600 at most. */
  embeddingDim?: number
}

const OPTIONS = { embeddingDim: whole(1) } satisfies Options<EmbeddingEncoderOptions>

/**
 * Categories as indices, from 1 on, for vectors that the network learns: 0 stands for gaps and for what the
 * fit did not see. `ColumnTransformer.embeddingModule` makes the module that looks them up.
 *
 * Source: https://docs.fast.ai/tabular.model.html for the length of the vectors.
 */
export class EmbeddingEncoder extends Encoder<Ordinal> {
  /** @internal */
  declare readonly cell?: string | number | boolean | bigint | null
  readonly #dim: number | undefined

  /** @throws ValueError for other options. */
  constructor(options: EmbeddingEncoderOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    this.#dim = readOptions('EmbeddingEncoder', OPTIONS, options).embeddingDim
  }

  /** Categories of each feature. @throws ValueError before `fit`. */
  get categories(): string[][] {
    return this.link('categories').fitted.categories.map((some) => [...some])
  }

  /** Rows and length of the table of vectors of each feature of a fitted one. @internal */
  sizesOf({ categories }: Ordinal): { numEmbeddings: number; embeddingDim: number }[] {
    return categories.map(({ length }) => {
      const usual = Math.min(600, Math.round(1.6 * (length + 1) ** 0.56))
      return { numEmbeddings: length + 1, embeddingDim: this.#dim ?? usual }
    })
  }

  override config(): TransformerConfig {
    return configOf('EmbeddingEncoder', { embeddingDim: this.#dim })
  }

  /** @internal */
  override begin(inputs: readonly Input[]): Fitting<Ordinal> {
    return fittingCategories('EmbeddingEncoder', inputs, undefined, (categories) =>
      fitted(inputs, categories),
    )
  }

  /** @internal */
  override restore(reader: StateReader, inputs: readonly Input[]): Ordinal {
    return fitted(inputs, restoredCategories(reader, inputs))
  }
}

function fitted(inputs: readonly Input[], categories: readonly Categories[]): Ordinal {
  const elsewhere = { unknown: 0, missing: 0, first: 1 }
  return new Ordinal('EmbeddingEncoder', inputs, categories, elsewhere)
}
