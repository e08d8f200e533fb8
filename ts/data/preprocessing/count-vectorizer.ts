import { checkArguments } from '../../check.js'
import { flag, type Options, readOptions, type Values } from '../../options.js'
import { configOf, owned } from './config.js'
import type { Input } from './cells.js'
import { Counted, restoredVocabularies } from './counted.js'
import type { Fitting, TransformerConfig } from './fitted.js'
import type { StateReader } from './state.js'
import { Encoder } from './transformer.js'
import {
  checkVocabulary,
  fittingVocabulary,
  VOCABULARY,
  type VocabularyOptions,
} from './vocabulary.js'

export interface CountVectorizerOptions extends VocabularyOptions {
  /** Whether a term counts once, however often it is there. Default false. */
  binary?: boolean
}

const OPTIONS = { ...VOCABULARY, binary: flag(false) } satisfies Options<CountVectorizerOptions>

/**
 * Texts as counts of the terms that the fit found. A gap gives zeros, and so do unknown words.
 *
 * @example
 * new data.CountVectorizer().fitTransform(['red wine', 'red red']).toArray() // [[1, 1], [2, 0]]
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.feature_extraction.text.CountVectorizer.html
 */
export class CountVectorizer extends Encoder<Counted> {
  /** @internal */
  declare readonly cell?: string | null
  readonly #settings: Values<typeof OPTIONS>

  /** @throws ValueError for other options. */
  constructor(options: CountVectorizerOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    this.#settings = owned(readOptions('CountVectorizer', OPTIONS, options))
    checkVocabulary('CountVectorizer', this.#settings)
  }

  /** Terms of each feature, in their order. @throws ValueError before `fit`. */
  get vocabulary(): string[][] {
    return this.link('vocabulary').fitted.vocabularies.map(({ terms }) => [...terms])
  }

  override config(): TransformerConfig {
    return configOf('CountVectorizer', this.#settings)
  }

  /** @internal */
  override begin(inputs: readonly Input[]): Fitting<Counted> {
    return fittingVocabulary('CountVectorizer', inputs, this.#settings, (vocabularies) =>
      this.#fitted(inputs, vocabularies),
    )
  }

  /** @internal */
  override restore(reader: StateReader, inputs: readonly Input[]): Counted {
    return this.#fitted(inputs, restoredVocabularies(reader, inputs))
  }

  #fitted(inputs: readonly Input[], found: ConstructorParameters<typeof Counted>[1]): Counted {
    const { binary } = this.#settings
    const plain = { norm: null, sublinearTf: false, useIdf: false, smoothIdf: false }
    return new Counted(inputs, found, this.#settings, { ...plain, binary })
  }
}
