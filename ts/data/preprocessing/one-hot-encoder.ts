import { checkArguments } from '../../check.js'
import { atLeast, choice, type Options, readOptions, type Values, whole } from '../../options.js'
import { configOf, owned } from './config.js'
import { categoriesOption, type CategoryCounts, countingCategories } from './categories.js'
import type { Input } from './cells.js'
import { OneHot, type OneHotFeature, type Unknown } from './one-hot.js'
import type { StateReader } from './state.js'
import type { Fitting, TransformerConfig } from './fitted.js'
import { Encoder } from './transformer.js'

export interface OneHotEncoderOptions {
  /** Categories in the order of their columns. Default: those of the fit, sorted. */
  categories?: readonly string[]
  /**
   * What a category gives that the fit did not see: zeros, an error, or the column of the infrequent ones
   * if there is one, otherwise zeros. Default `'ignore'`.
   */
  handleUnknown?: Unknown
  /** The columns that are left out: the first one of each feature, or of those with two. Default: none. */
  drop?: 'first' | 'ifBinary'
  /**
   * Categories that are rarer share one column: a number of rows if it is at least 1, otherwise a share of
   * them.
   */
  minFrequency?: number
  /** Most columns of a feature; the rarest categories share the last one. */
  maxCategories?: number
}

const OPTIONS = {
  categories: categoriesOption,
  handleUnknown: choice(['ignore', 'error', 'infrequentIfExist'], 'ignore'),
  drop: choice(['first', 'ifBinary']),
  minFrequency: atLeast(0),
  maxCategories: whole(1),
} satisfies Options<OneHotEncoderOptions>

/**
 * A column for each category, 1 where it is the row's and 0 elsewhere. A gap is a category of its own if
 * the fit saw one, `<name>_nan`; rare ones may share `<name>_infrequent`.
 *
 * @example
 * new data.OneHotEncoder().fitTransform(['b', 'a', 'b']).toArray() // [[0, 1], [1, 0], [0, 1]]
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.preprocessing.OneHotEncoder.html
 */
export class OneHotEncoder extends Encoder<OneHot> {
  /** @internal */
  declare readonly cell?: string | number | boolean | bigint | null
  readonly #options: Values<typeof OPTIONS>

  /** @throws ValueError for other options. */
  constructor(options: OneHotEncoderOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    this.#options = owned(readOptions('OneHotEncoder', OPTIONS, options))
  }

  /** Categories of each feature, without the gap. @throws ValueError before `fit`. */
  get categories(): string[][] {
    const { features } = this.link('categories').fitted
    return features.map(({ categories }) => [...categories])
  }

  override config(): TransformerConfig {
    return configOf('OneHotEncoder', this.#options)
  }

  /** @internal */
  override begin(inputs: readonly Input[]): Fitting<OneHot> {
    return countingCategories('OneHotEncoder', inputs, (found) => {
      const features = inputs.map((input, i) => this.#feature(input, found[i]!))
      return this.#fitted(inputs, features)
    })
  }

  #fitted(inputs: readonly Input[], features: readonly OneHotFeature[]): OneHot {
    return new OneHot(inputs, features, this.#options.handleUnknown, this.#options.drop)
  }

  #feature({ type }: Input, found: CategoryCounts): OneHotFeature {
    const categories = this.#options.categories ?? found.sorted(type === 'number')
    const counts = categories.map((category) => found.counts.get(category) ?? 0)
    const gap = found.gaps > 0
    if (gap) counts.push(found.gaps)
    return { categories, gap, infrequent: this.#infrequent(counts) }
  }

  /** The levels that share a column, by how often each level is there. */
  #infrequent(counts: readonly number[]): number[] {
    const { minFrequency, maxCategories } = this.#options
    const rows = counts.reduce((a, b) => a + b, 0)
    const least =
      minFrequency === undefined ? 0 : minFrequency < 1 ? minFrequency * rows : minFrequency
    const rare = new Set([...counts.keys()].filter((level) => counts[level]! < least))
    if (maxCategories !== undefined && counts.length - rare.size + 1 > maxCategories) {
      const rarest = [...counts.keys()].sort((a, b) => counts[a]! - counts[b]! || a - b)
      for (const level of rarest.slice(0, counts.length - (maxCategories - 1))) rare.add(level)
    }
    return [...rare].sort((a, b) => a - b)
  }

  /** @internal */
  override restore(reader: StateReader, inputs: readonly Input[]): OneHot {
    const features = reader.list('features', inputs.length).map((item): OneHotFeature => {
      const feature = Object(item) as Partial<Record<keyof OneHotFeature, unknown>>
      const categories = reader.texts('features', feature.categories)
      const { gap } = feature
      if (typeof gap !== 'boolean') throw reader.refuse('features', 'with a gap or without', gap)
      const levels = categories.length + Number(gap)
      const infrequent = reader.wholes('features', feature.infrequent, levels)
      return { categories, gap, infrequent }
    })
    return this.#fitted(inputs, features)
  }
}
