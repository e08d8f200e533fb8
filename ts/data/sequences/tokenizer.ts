import { checkArguments, checkList, checkPath, isPlain, isWithin } from '../../check.js'
import { complaint, FormatError, ValueError } from '../../errors.js'
import { readOptions } from '../../options.js'
import { peer } from '../../peer.js'
import { reasonOf, show } from '../../show.js'
import { empty, Tensor } from '../../tensor/tensor.js'
import type { Json } from '../preprocessing/state.js'
import { ENCODE, type VocabularyEncodeOptions } from './vocabulary.js'

/** What of the package is used. */
interface Engine {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: (number | undefined)[] }
  decode(ids: number[], options: { skip_special_tokens: boolean }): string
  get_vocab(withAdded: boolean): Map<string, number>
}

type EngineClass = new (tokenizer: object, config: object) => Engine

const NAME = '@huggingface/tokenizers'

/** The package keeps a list as long as the largest number. */
const MOST = 2 ** 24

/** Special tokens that are padding by their looks. */
const PADDING = ['<pad>', '[PAD]']

let make: (who: string, state: object, engine: Engine) => Tokenizer

/**
 * The tokens of a `tokenizer.json`, as `data.loadTokenizer` gives them: byte pairs, word pieces or any other
 * kind of Hugging Face's, with the methods of a `Vocabulary`. Padding and truncation that the file asks for
 * are left to `padSequence` and `maxLength`.
 *
 * @example
 * const tokenizer = await data.loadTokenizer('tokenizer.json')
 * tokenizer.decode(tokenizer.encode('so far')) // 'so far'
 */
export class Tokenizer {
  static {
    make = (who, state, engine) => new Tokenizer(who, state, engine)
  }

  /** Rows that an `nn.Embedding` of its tokens needs: the largest number and one. */
  readonly size: number
  /** Null where the file has none. */
  readonly padIndex: number | null
  /** Null where the file has none: what is unknown is left out then. */
  readonly unknownIndex: number | null
  readonly #numbers: ReadonlyMap<string, number>
  readonly #known: ReadonlySet<number>
  readonly #state: object
  readonly #engine: Engine

  private constructor(who: string, state: object, engine: Engine) {
    this.#state = state
    this.#engine = engine
    this.#numbers = engine.get_vocab(true)
    this.#known = new Set(this.#numbers.values())
    if (this.#known.size === 0)
      throw new FormatError(complaint(who, 'the tokens', 'at least one', 'none'))
    let largest = 0
    for (const number of this.#known) largest = Math.max(largest, number)
    this.size = largest + 1
    const { padding, model } = state as Partial<Record<string, Readonly<Record<string, unknown>>>>
    const { unk_token: unknown, unk_id: place } = model!
    this.unknownIndex =
      this.#numberOf(place) ?? this.#numberOf(this.#numbers.get(unknown as string))
    const pads = PADDING.map((token) => this.#numbers.get(token))
    this.padIndex = this.#numberOf(padding?.['pad_id']) ?? pads[0] ?? pads[1] ?? null
  }

  #numberOf(value: unknown): number | null {
    return typeof value === 'number' && this.#known.has(value) ? value : null
  }

  /** The number of a token, as of `<|endoftext|>`; null where there is no such token. */
  indexOf(token: string): number | null {
    checkArguments('Tokenizer.indexOf', 1, arguments)
    return this.#numbers.get(token) ?? null
  }

  /**
   * The numbers of the tokens of a text, int32, shape (L). `ends` puts in the special tokens that the file
   * has around a text.
   *
   * @throws ValueError when it is no text.
   */
  encode(text: string, options: VocabularyEncodeOptions = {}): Tensor {
    checkArguments('Tokenizer.encode', 2, arguments)
    const { ends, maxLength = Infinity } = readOptions('Tokenizer.encode', ENCODE, options)
    if (typeof text !== 'string')
      throw new ValueError(complaint('Tokenizer.encode', 'the text', 'a text', text))
    const { ids } = this.#engine.encode(text, { add_special_tokens: ends })
    const known = ids.filter((id) => id !== undefined)
    const out = empty([Math.min(known.length, maxLength)], 'int32')
    for (let i = 0; i < out.length; i++) out.data[i] = known[i]!
    return out
  }

  /** The text of numbers, without special tokens. @throws ValueError for a number that is none of a token. */
  decode(numbers: Tensor | readonly number[]): string {
    checkArguments('Tokenizer.decode', 1, arguments)
    const given: unknown = numbers instanceof Tensor ? Array.from(numbers.data) : numbers
    checkList('Tokenizer.decode', 'the numbers', given)
    const ids = given.map((number, i) => {
      const known = this.#numberOf(number)
      if (known !== null) return known
      const expected = `that of a token, within 0 to ${this.size - 1}`
      throw new ValueError(complaint('Tokenizer.decode', `number ${i}`, expected, show(number)))
    })
    return ids.length === 0 ? '' : this.#engine.decode(ids, { skip_special_tokens: true })
  }

  /** What the file holds, for `loadTokenizer` and for a model's file. */
  toJSON(): Record<string, Json> {
    return structuredClone(this.#state) as Record<string, Json>
  }
}

/**
 * The tokens of a `tokenizer.json`, by the optional package `@huggingface/tokenizers`. The file goes into that
 * of a model: `io.saveModel(model, file, { extra: { tokenizer: { json: tokenizer.toJSON() } } })`.
 *
 * @param source A path, a `file:` URL, or what such a file holds.
 * @throws AssetNotFoundError where the package is not installed; FormatError when it is no such file, or has
 *   a part that the package does not know; ValueError for a source of another kind; what the file system throws.
 *
 * @example
 * const tokenizer = await data.loadTokenizer('tokenizer.json')
 * tokenizer.encode('so far', { ends: true })
 */
export async function loadTokenizer(source: string | URL | object): Promise<Tokenizer> {
  const who = 'loadTokenizer'
  checkArguments(who, 1, arguments)
  const state = isPlain(source) ? copyOf(who, source) : await read(who, source)
  const { model } = Object(state) as { model?: unknown }
  if (!isPlain(state) || !isPlain(model)) {
    const expected = 'that of a tokenizer.json, with a model'
    throw new FormatError(complaint(who, 'what is read', expected, state))
  }
  checkNumbers(who, state as object)
  const { Tokenizer: Class } = await peer<{ Tokenizer: EngineClass }>('a tokenizer.json', NAME)
  try {
    // Texts come back as they were: other spaces are what a tokenizer_config.json may ask for.
    const engine = new Class(state as object, { clean_up_tokenization_spaces: false })
    return make(who, state as object, engine)
  } catch (error) {
    if (error instanceof FormatError) throw error
    throw new FormatError(`${who}: what is read is no tokenizer: ${reasonOf(error)}`)
  }
}

/** @throws FormatError unless tokens have numbers that rows of a table may have. */
function checkNumbers(who: string, state: object): void {
  const { model, added_tokens: added } = state as Record<string, unknown>
  const { vocab } = model as { vocab?: unknown }
  // A list, of some models, is in the order of its numbers.
  const own: [unknown, unknown][] = isPlain(vocab) ? Object.entries(vocab as object) : []
  for (const token of Array.isArray(added) ? added : []) {
    const { content, id } = Object(token) as Record<string, unknown>
    own.push([content, id])
  }
  const odd = own.find(([, number]) => !(Number.isInteger(number) && isWithin(number, 0, MOST)))
  if (odd === undefined) return
  const expected = `whole numbers from 0 to ${MOST}`
  const got = `${show(odd[1])} of ${show(odd[0])}`
  throw new FormatError(complaint(who, 'the numbers of the tokens', expected, got))
}

function copyOf(who: string, source: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(source))
  } catch (error) {
    throw new ValueError(`${who}: the source is no JSON: ${reasonOf(error)}`)
  }
}

async function read(who: string, source: unknown): Promise<unknown> {
  checkPath(who, 'the source', source)
  const { readFile } = process.getBuiltinModule('node:fs/promises') // an import would load it with the library
  const text = await readFile(source, 'utf8')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new FormatError(`${who}: ${show(String(source))} is no JSON: ${reasonOf(error)}`)
  }
}
