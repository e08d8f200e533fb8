import { checkArguments, isWithin } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { choice, flag, nullable, type Options, readOptions, type Values } from '../../options.js'
import { configOf, owned } from './config.js'
import type { Cells, Input } from './cells.js'
import { checkInputs } from './check-inputs.js'
import type { Fitting, TransformerConfig } from './fitted.js'
import { murmur3 } from './murmur.js'
import { done } from './steps.js'
import { analyzerOf, TEXT, type TextOptions } from './tokens.js'
import { Encoder } from './transformer.js'
import { type Place, Words } from './words.js'

export interface HashingVectorizerOptions extends TextOptions {
  /** Numbers of a text, 2^20 at most. Default 256: rows are dense, unlike scikit-learn's of 2^20. */
  nFeatures?: number
  /** What the length of each row is made 1 in; null leaves it. Default `'l2'`. */
  norm?: 'l1' | 'l2' | null
  /** Whether half of the terms count as negative, so that terms of one place cancel. Default true. */
  alternateSign?: boolean
}

const OPTIONS = {
  ...TEXT,
  nFeatures: {
    initial: 256,
    expected: 'a whole number from 1 to 2^20',
    accepts: (value: unknown) => Number.isInteger(value) && isWithin(value, 1, 2 ** 20),
  },
  norm: nullable({ ...choice(['l1', 'l2']), initial: 'l2' }),
  alternateSign: flag(true),
} satisfies Options<HashingVectorizerOptions>

/**
 * Texts as counts of their terms, each at the place that its hash (MurmurHash3) gives: nothing is learned,
 * and words that nobody has seen have a place too. A gap gives zeros.
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.feature_extraction.text.HashingVectorizer.html
 */
export class HashingVectorizer extends Encoder<Hashed> {
  /** @internal */
  declare readonly cell?: string | null
  readonly #settings: Values<typeof OPTIONS>

  /** @throws ValueError for other options. */
  constructor(options: HashingVectorizerOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    this.#settings = owned(readOptions('HashingVectorizer', OPTIONS, options))
  }

  override config(): TransformerConfig {
    return configOf('HashingVectorizer', this.#settings)
  }

  /** @internal */
  override begin(inputs: readonly Input[]): Fitting<Hashed> {
    checkInputs('HashingVectorizer', inputs, ['text', 'category'])
    return { observe: () => undefined, finish: () => done(new Hashed(inputs, this.#settings)) }
  }

  /** @internal */
  override restore(_reader: unknown, inputs: readonly Input[]): Hashed {
    return new Hashed(inputs, this.#settings)
  }
}

class Hashed extends Words {
  protected override readonly analyzer
  protected override readonly norm

  constructor(
    override readonly inputs: readonly Input[],
    readonly settings: Values<typeof OPTIONS>,
  ) {
    super()
    this.analyzer = analyzerOf(settings)
    this.norm = settings.norm
  }

  override widthOf(): number {
    return this.settings.nFeatures
  }

  protected override placeOf(term: string): Place {
    const hash = murmur3(term)
    const { nFeatures, alternateSign } = this.settings
    return { at: Math.abs(hash) % nFeatures, add: alternateSign && hash < 0 ? -1 : 1 }
  }

  override outputs(inputs: readonly Input[]): Input[] {
    return inputs.flatMap(({ name }) =>
      Array.from({ length: this.settings.nFeatures }, (_, i): Input => {
        return { name: `${name}_${i}`, type: 'number' }
      }),
    )
  }

  override inverse(): Cells[] {
    const who = 'HashingVectorizer.inverseTransform'
    const hint = 'CountVectorizer keeps the words'
    throw new ValueError(complaint(who, 'the texts', 'known', 'their hashes', hint))
  }

  override state(): Record<string, never> {
    return {}
  }
}
