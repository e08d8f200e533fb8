import { checkArguments, checkObject } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { show } from '../../show.js'
import type { TransformerConfig } from './fitted.js'
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
 * had learned. Nothing but the transformers of this library is made.
 *
 * @throws ValueError for another name or other options.
 */
export function transformerFrom(config: TransformerConfig): Transformer {
  checkArguments('transformerFrom', 1, arguments)
  return made('transformerFrom', TRANSFORMERS, config)
}

/** The encoding of a target that `config` described. @throws ValueError for another name. */
export function targetFrom(config: TransformerConfig): LabelEncoder | TargetScaler {
  checkArguments('targetFrom', 1, arguments)
  return made('targetFrom', TARGETS, config)
}

function made<T>(who: string, classes: Made<T>, config: TransformerConfig): T {
  checkObject(who, 'the configuration', config)
  const { name, options } = config
  const Class = classes.get(name)
  if (Class === undefined) {
    const known = `one of ${[...classes.keys()].join(', ')}`
    throw new ValueError(complaint(who, 'the name', known, show(name)))
  }
  checkObject(who, `the options of ${name}`, options)
  return new Class(options as never)
}
