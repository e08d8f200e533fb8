import { checkArguments } from '../../check.js'
import { choice, flag, nullable, type Options, readOptions, type Values } from '../../options.js'
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

export interface TfidfVectorizerOptions extends VocabularyOptions {
  /** Whether a term counts once, however often it is there. Default false. */
  binary?: boolean
  /** What the length of each row is made 1 in; null leaves it. Default `'l2'`. */
  norm?: 'l1' | 'l2' | null
  /** Whether rare terms weigh more. Default true. */
  useIdf?: boolean
  /** Whether it is counted as if one text more had each term. Default true. */
  smoothIdf?: boolean
  /** Whether a count c is taken as 1 + ln(c). Default false. */
  sublinearTf?: boolean
}

const OPTIONS = {
  ...VOCABULARY,
  binary: flag(false),
  norm: nullable({ ...choice(['l1', 'l2']), initial: 'l2' }),
  useIdf: flag(true),
  smoothIdf: flag(true),
  sublinearTf: flag(false),
} satisfies Options<TfidfVectorizerOptions>

/**
 * Texts as counts of the terms that the fit found, each times ln((1 + n) / (1 + texts with the term)) + 1
 * of n texts, in rows of length 1. A gap gives zeros, and so do unknown words.
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.feature_extraction.text.TfidfVectorizer.html
 */
export class TfidfVectorizer extends Encoder<Counted> {
  /** @internal */
  declare readonly cell?: string | null
  readonly #settings: Values<typeof OPTIONS>

  /** @throws ValueError for other options. */
  constructor(options: TfidfVectorizerOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    this.#settings = owned(readOptions('TfidfVectorizer', OPTIONS, options))
    checkVocabulary('TfidfVectorizer', this.#settings)
  }

  /** Terms of each feature, in their order. @throws ValueError before `fit`. */
  get vocabulary(): string[][] {
    return this.link('vocabulary').fitted.vocabularies.map(({ terms }) => [...terms])
  }

  /** Weights of these terms. @throws ValueError before `fit`. */
  get idf(): number[][] {
    return this.link('idf').fitted.idf.map((some) => [...some])
  }

  override config(): TransformerConfig {
    return configOf('TfidfVectorizer', this.#settings)
  }

  /** @internal */
  override begin(inputs: readonly Input[]): Fitting<Counted> {
    return fittingVocabulary(
      'TfidfVectorizer',
      inputs,
      this.#settings,
      (vocabularies) => new Counted(inputs, vocabularies, this.#settings, this.#settings),
    )
  }

  /** @internal */
  override restore(reader: StateReader, inputs: readonly Input[]): Counted {
    const vocabularies = restoredVocabularies(reader, inputs)
    return new Counted(inputs, vocabularies, this.#settings, this.#settings)
  }
}
