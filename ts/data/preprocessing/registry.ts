import { checkArguments, checkObject, checkText } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { callable, type Options, readOptions } from '../../options.js'
import { show } from '../../show.js'
import type { TransformerConfig } from './fitted.js'
import { CustomTransformer, customTransformers } from './custom-transformer.js'
import { CountVectorizer } from './count-vectorizer.js'
import { DatetimeEncoder } from './datetime-encoder.js'
import { EmbeddingEncoder } from './embedding-encoder.js'
import { HashingVectorizer } from './hashing-vectorizer.js'
import { MinMaxScaler } from './min-max-scaler.js'
import { OrdinalEncoder } from './ordinal-encoder.js'
import { RobustScaler } from './robust-scaler.js'
import { TfidfVectorizer } from './tfidf-vectorizer.js'
import { LabelEncoder } from './label-encoder.js'
import { OneHotEncoder } from './one-hot-encoder.js'
import { Passthrough } from './passthrough.js'
import { SimpleImputer } from './simple-imputer.js'
import { StandardScaler } from './standard-scaler.js'
import { TargetScaler } from './target-scaler.js'
import type { Transformer } from './transformer.js'

type Made<T> = ReadonlyMap<unknown, new (options: never) => T>

const TRANSFORMERS: Made<Transformer> = new Map(
  Object.entries({
    CountVectorizer,
    DatetimeEncoder,
    EmbeddingEncoder,
    HashingVectorizer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    Passthrough,
    RobustScaler,
    SimpleImputer,
    StandardScaler,
    TfidfVectorizer,
  }),
)

const TARGETS: Made<LabelEncoder | TargetScaler> = new Map(
  Object.entries({ LabelEncoder, TargetScaler }),
)

/**
 * The transformer, not yet fitted, that `config` described: `transformer.loadStateDict` then takes what it
 * had learned. Nothing is made but the transformers of this library and those of classes that were registered.
 *
 * @throws ValueError for another name or other options.
 */
export function transformerFrom(config: TransformerConfig): Transformer {
  checkArguments('transformerFrom', 1, arguments)
  const who = 'transformerFrom'
  checkObject(who, 'the configuration', config)
  const { name, options } = config
  const own = customTransformers.named(name)
  if (own === undefined) {
    const hint = 'data.registerTransformer tells of one of your own'
    return made(who, TRANSFORMERS, { name, options }, hint)
  }
  const transformer = own.create(options)
  if (transformer instanceof own.constructor) return transformer
  const expected = `of class ${own.constructor.name}`
  throw new ValueError(complaint('create', 'what it returns', expected, transformer))
}

/** How transformers of a class are described and made again. */
export interface RegisterTransformerOptions<T extends CustomTransformer = CustomTransformer> {
  /** The options that `create` needs to know, as JSON. Default: none. */
  config?: (transformer: T) => TransformerConfig['options']
  /**
   * Makes a transformer from them. They may come out of a file: check them where files may come from
   * strangers. Default: the class without arguments.
   */
  create?: (options: never) => T
}

const OPTIONS = {
  config: callable<(transformer: CustomTransformer) => TransformerConfig['options']>(),
  create: callable<(options: never) => CustomTransformer>(),
} satisfies Options<RegisterTransformerOptions>

type TransformerClass = abstract new (...args: never[]) => CustomTransformer

/**
 * Lets a `Pipeline` and its file hold transformers of a class of one's own. A file holds the name, the options
 * and what was learned, never code: whoever loads it registers the class under the same name first.
 *
 * @param name Unique in a program. A class of the same name and `name` property takes the place of the
 *   one before.
 * @throws ValueError when the class is none of transformers, or the name stands for another.
 *
 * @example
 * class Power extends data.CustomTransformer {
 *   constructor(exponent) { super(); this.exponent = exponent }
 *   compute(column) { return [column.values.map((value) => value ** this.exponent)] }
 * }
 * data.registerTransformer('Power', Power, {
 *   config: ({ exponent }) => ({ exponent }),
 *   create: ({ exponent }) => new Power(exponent),
 * })
 */
export function registerTransformer<C extends TransformerClass>(
  name: string,
  constructor: C,
  options: RegisterTransformerOptions<InstanceType<C>> = {},
): void {
  const who = 'registerTransformer'
  checkArguments(who, 3, arguments)
  checkText(who, 'the name', 'a text that is not empty', name)
  const { config, create } = readOptions(who, OPTIONS, options)
  const prototype: unknown = typeof constructor === 'function' ? constructor.prototype : null
  if (!(prototype instanceof CustomTransformer)) {
    const expected = 'one of your own that extends data.CustomTransformer'
    throw new ValueError(complaint(who, 'the class', expected, constructor))
  }
  if (TRANSFORMERS.has(name)) {
    const got = `${name}, which stands for a transformer of this library`
    throw new ValueError(complaint(who, 'the name', 'one that is not taken', got))
  }
  customTransformers.add(who, {
    name,
    constructor,
    options: (transformer) => config?.(transformer) ?? {},
    create: (given) =>
      create?.(given as never) ??
      Reflect.construct(constructor as unknown as new () => CustomTransformer, []),
  })
}

/** The encoding of a target that `config` described. @throws ValueError for another name. */
export function targetFrom(config: TransformerConfig): LabelEncoder | TargetScaler {
  checkArguments('targetFrom', 1, arguments)
  checkObject('targetFrom', 'the configuration', config)
  const { name, options } = config
  return made('targetFrom', TARGETS, { name, options })
}

function made<T>(
  who: string,
  classes: Made<T>,
  { name, options }: TransformerConfig,
  hint?: string,
): T {
  const Class = classes.get(name)
  if (Class === undefined) {
    const known = `one of ${[...classes.keys()].join(', ')}`
    throw new ValueError(complaint(who, 'the name', known, show(name), hint))
  }
  checkObject(who, `the options of ${name}`, options)
  return new Class(options as never)
}
