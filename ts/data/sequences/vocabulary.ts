import { checkArguments, checkList, isPlain, itemsOf } from '../../check.js'
import { complaint, FormatError, ValueError } from '../../errors.js'
import {
  choice,
  flag,
  list,
  type Options,
  readOptions,
  text,
  type Values,
  whole,
} from '../../options.js'
import { show } from '../../show.js'
import { empty, Tensor } from '../../tensor/tensor.js'

export interface VocabularyBuildOptions {
  /** What a token is: a character (a code point), or a word, a sign of punctuation being one. Default `'character'`. */
  level?: 'character' | 'word'
  /** Whether case is left out. Default false. */
  lowercase?: boolean
  /** Tokens that come less often are unknown. Default 1. */
  minFrequency?: number
  /** Most tokens, special ones among them: the most frequent. Default: all. */
  maxSize?: number
}

const OPTIONS = {
  level: choice(['character', 'word'], 'character'),
  lowercase: flag(false),
  minFrequency: whole(1, 1),
  maxSize: whole(4),
} satisfies Options<VocabularyBuildOptions>

export interface VocabularyEncodeOptions {
  /** Whether `<begin>` stands before the text and `<end>` behind it. Default false. */
  ends?: boolean
  /** Most tokens of a text; what is more is cut off. Default: all. */
  maxLength?: number
}

export const ENCODE = {
  ends: flag(false),
  maxLength: whole(1),
} satisfies Options<VocabularyEncodeOptions>

/** A vocabulary as JSON holds it. */
export type VocabularyState = {
  level: 'character' | 'word'
  lowercase: boolean
  tokens: string[]
}

const STATE = {
  level: choice(['character', 'word'], 'character'),
  lowercase: flag(false),
  tokens: list(text()),
} satisfies Options<
  Readonly<Omit<VocabularyState, 'tokens'>> & { readonly tokens: readonly string[] }
>

/** Padding is 0, as in `padSequence`. */
const SPECIAL = ['<pad>', '<unknown>', '<begin>', '<end>'] as const

/**
 * Numbers of characters or words: 0 `<pad>`, 1 `<unknown>`, 2 `<begin>`, 3 `<end>`, then tokens by how often
 * they come. Its JSON goes into a model's file: `io.saveModel(model, file, { extra: { vocabulary: { json:
 * vocabulary.toJSON() } } })`.
 *
 * @example
 * const vocabulary = data.Vocabulary.build(['so far', 'so good'], { level: 'word' })
 * vocabulary.encode('so what').toArray() // [4, 1]
 */
export class Vocabulary {
  readonly level: 'character' | 'word'
  readonly lowercase: boolean
  readonly tokens: readonly string[]
  readonly padIndex = 0
  readonly unknownIndex = 1
  readonly beginIndex = 2
  readonly endIndex = 3
  readonly #numbers: ReadonlyMap<string, number>

  private constructor({ level, lowercase, tokens }: Values<typeof STATE>) {
    this.level = level
    this.lowercase = lowercase
    this.tokens = Object.freeze([...tokens!])
    this.#numbers = new Map(this.tokens.map((token, number) => [token, number]))
  }

  /** Of the tokens of texts. @throws ValueError for what is no text, and options out of their range. */
  static build(texts: Iterable<string>, options: VocabularyBuildOptions = {}): Vocabulary {
    const who = 'Vocabulary.build'
    checkArguments(who, 2, arguments)
    const { level, lowercase, minFrequency, maxSize } = readOptions(who, OPTIONS, options)
    const counts = new Map<string, number>()
    itemsOf(who, 'the texts', texts).forEach((each, i) => {
      for (const token of tokensOf(who, `text ${i}`, each, level, lowercase))
        counts.set(token, (counts.get(token) ?? 0) + 1)
    })
    for (const special of SPECIAL) counts.delete(special)
    const kept = [...counts].filter(([, count]) => count >= minFrequency)
    kept.sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    const most = maxSize === undefined ? kept.length : maxSize - SPECIAL.length
    const tokens = [...SPECIAL, ...kept.slice(0, most).map(([token]) => token)]
    return new Vocabulary({ level, lowercase, tokens })
  }

  /** That of `toJSON`. @throws FormatError when it is none. */
  static fromJSON(state: unknown): Vocabulary {
    const who = 'Vocabulary.fromJSON'
    checkArguments(who, 1, arguments)
    const { tokens } = Object(state) as { tokens?: unknown }
    const known = Array.isArray(tokens) && new Set(tokens).size === tokens.length
    const begins = known && SPECIAL.every((token, i) => tokens[i] === token)
    if (!isPlain(state) || !begins)
      throw new FormatError(complaint(who, 'the state', 'that of Vocabulary.toJSON', state))
    try {
      return new Vocabulary(readOptions(who, STATE, state))
    } catch (error) {
      if (!(error instanceof ValueError)) throw error
      throw new FormatError(error.message)
    }
  }

  /** Number of tokens, as `nn.Embedding` needs it. */
  get size(): number {
    return this.tokens.length
  }

  /** The numbers of the tokens of a text, int32, shape (L). @throws ValueError when it is no text. */
  encode(text: string, options: VocabularyEncodeOptions = {}): Tensor {
    checkArguments('Vocabulary.encode', 2, arguments)
    const { ends, maxLength = Infinity } = readOptions('Vocabulary.encode', ENCODE, options)
    const tokens = tokensOf('Vocabulary.encode', 'the text', text, this.level, this.lowercase)
    const numbers = tokens.map((token) => this.#numbers.get(token) ?? this.unknownIndex)
    const all = ends ? [this.beginIndex, ...numbers, this.endIndex] : numbers
    const out = empty([Math.min(all.length, maxLength)], 'int32')
    for (let i = 0; i < out.length; i++) out.data[i] = all[i]!
    return out
  }

  /**
   * The text of numbers, without padding, `<begin>` and `<end>`; words stand between spaces.
   *
   * @throws ValueError for a number that is none of a token.
   */
  decode(numbers: Tensor | readonly number[]): string {
    checkArguments('Vocabulary.decode', 1, arguments)
    const given: unknown = numbers instanceof Tensor ? Array.from(numbers.data) : numbers
    checkList('Vocabulary.decode', 'the numbers', given)
    const silent: readonly unknown[] = [this.padIndex, this.beginIndex, this.endIndex]
    const tokens = given.map((number, i) => {
      const token = this.tokens[number as number]
      if (typeof number === 'number' && token !== undefined)
        return silent.includes(number) ? '' : token
      const expected = `within 0 to ${this.size - 1}`
      throw new ValueError(complaint('Vocabulary.decode', `number ${i}`, expected, show(number)))
    })
    return tokens.filter((token) => token !== '').join(this.level === 'word' ? ' ' : '')
  }

  toJSON(): VocabularyState {
    return { level: this.level, lowercase: this.lowercase, tokens: [...this.tokens] }
  }
}

function tokensOf(
  who: string,
  what: string,
  given: unknown,
  level: 'character' | 'word',
  lowercase: boolean,
): string[] {
  if (typeof given !== 'string') throw new ValueError(complaint(who, what, 'a text', given))
  const own = lowercase ? given.toLowerCase() : given
  return level === 'character'
    ? Array.from(own)
    : (own.match(/[\p{L}\p{N}\p{M}_]+|[^\s\p{L}\p{N}\p{M}_]/gu) ?? [])
}
