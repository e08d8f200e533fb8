import { checkArguments } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { choice, flag, type Option, type Options, readOptions, type Values } from '../../options.js'
import { configOf } from './config.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { Column } from '../table/column.js'
import type { Table } from '../table/table.js'
import type { Input, NumberCells } from './cells.js'
import { checkInputs, checkSome } from './check-inputs.js'
import { hasGap, Imputed } from './imputed.js'
import { columnOf, stacked } from './inverse.js'
import type { StateReader } from './state.js'
import { type Statistic, statisticOf } from './statistic.js'
import { done } from './steps.js'
import type { Fitting, TransformerConfig } from './fitted.js'
import { Transformer, type TransformerInput } from './transformer.js'

export interface SimpleImputerOptions {
  /**
   * What takes the place of gaps: the mean or median of numbers and dates, the most frequent value of
   * anything (the least of them, where several are), or `fillValue`. Default `'mean'`.
   */
  strategy?: 'mean' | 'median' | 'mostFrequent' | 'constant'
  /** For `'constant'`. Default: 0 for numbers, `'missing_value'` for categories and texts. */
  fillValue?: number | string
  /** Whether a column is added for each feature that had gaps: 1 where there was one. Default false. */
  addIndicator?: boolean
  /** Whether a feature of gaps alone is filled with 0 or `'missing_value'`, not refused. Default false. */
  keepEmptyFeatures?: boolean
}

const FILL: Option<number | string | undefined> = {
  initial: undefined,
  expected: 'a text or a finite number',
  accepts: (value) => typeof value === 'string' || Number.isFinite(value),
}

const OPTIONS = {
  strategy: choice(['mean', 'median', 'mostFrequent', 'constant'], 'mean'),
  fillValue: FILL,
  addIndicator: flag(false),
  keepEmptyFeatures: flag(false),
} satisfies Options<SimpleImputerOptions>

/** A column, or cells of one, as a column; anything else as a tensor. */
export type Imputation<X> = X extends Tensor | Table | readonly (readonly number[])[]
  ? Tensor
  : Column

type Filled = string | number | boolean | bigint | Date | null

/**
 * Fills gaps: null, undefined and NaN.
 *
 * @example
 * new data.SimpleImputer().fitTransform(tensor([[1], [NaN], [3]])).toArray() // [[1], [2], [3]]
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.impute.SimpleImputer.html
 */
export class SimpleImputer extends Transformer<Imputed> {
  /** @internal */
  declare readonly cell?: Filled
  /** For types alone: what comes out is of the kind that goes in. @internal */
  declare readonly keepsKind?: true
  readonly #options: Values<typeof OPTIONS>

  /** @throws ValueError for other options, and for a fillValue without strategy 'constant'. */
  constructor(options: SimpleImputerOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    this.#options = readOptions('SimpleImputer', OPTIONS, options)
    const { strategy, fillValue } = this.#options
    if (fillValue === undefined || strategy === 'constant') return
    const hint = `pass { strategy: 'constant', fillValue: … }`
    throw new ValueError(complaint('SimpleImputer', 'strategy', "'constant'", strategy, hint))
  }

  /** What takes the place of gaps, of each feature. @throws ValueError before `fit`. */
  get statistics(): (number | string)[] {
    return [...this.link('statistics').fitted.fills]
  }

  override config(): TransformerConfig {
    return configOf('SimpleImputer', this.#options)
  }

  override fitTransform<X extends TransformerInput>(x: X): Imputation<X>
  override fitTransform(x: TransformerInput): Column | Tensor {
    return this.fit(x).transform(x)
  }

  /**
   * Rows without gaps: a column of its own type for a column, otherwise a tensor.
   *
   * @throws ValueError before `fit`, for values that do not fit, for texts that would have to be numbers,
   *   and for a column where there is an indicator beside it; ShapeError for another number of features.
   */
  override transform<X extends TransformerInput>(x: X): Imputation<X>
  override transform(x: TransformerInput): Column | Tensor {
    const features = this.taken('transform', x)
    const { inputs, fitted } = this.link('transform')
    const outputs = fitted.outputs(inputs)
    if (features.isColumn && outputs.length === 1) return columnOf(fitted.apply(features.cells)[0]!)
    const hint = 'give it to a ColumnTransformer, with an encoder behind it'
    checkInputs('SimpleImputer', outputs, ['number', 'date'], hint)
    return this.write(features)
  }

  /** Numbers with their gaps again, which takes the indicators. */
  override inverseTransform(x: Tensor | readonly (readonly number[])[]): Tensor {
    const { cells, dtype } = this.undo(x)
    return stacked(cells as NumberCells[], dtype)
  }

  /** @internal */
  override begin(inputs: readonly Input[]): Fitting<Imputed> {
    const { strategy, addIndicator } = this.#options
    const hint = `pass { strategy: 'mostFrequent' }`
    if (strategy === 'mean' || strategy === 'median')
      checkInputs('SimpleImputer', inputs, ['number', 'date'], hint)
    const found = inputs.map((input) => {
      return strategy === 'constant' ? constant(this.#fillOf(input)) : statisticOf(strategy)
    })
    const gapped = new Set<number>()
    return {
      observe(cells) {
        cells.forEach((some, i) => {
          found[i]!.observe(some)
          if (addIndicator && !gapped.has(i) && hasGap(some)) gapped.add(i)
        })
      },
      finish: function* (this: SimpleImputer) {
        const fills: (number | string)[] = []
        for (const [i, input] of inputs.entries()) {
          const fill = yield* found[i]!.finish()
          if (!this.#options.keepEmptyFeatures)
            checkSome('SimpleImputer', input, Number(fill !== undefined))
          fills.push(fill ?? this.#fillOf(input))
        }
        return new Imputed(
          fills,
          [...gapped].sort((a, b) => a - b),
        )
      }.bind(this),
    }
  }

  #fillOf({ name, type }: Input): number | string {
    const numeric = type === 'number' || type === 'date'
    const { fillValue = numeric ? 0 : 'missing_value' } = this.#options
    if (!numeric || typeof fillValue === 'number') return fillValue
    throw new ValueError(complaint('SimpleImputer', `fillValue for ${name}`, 'a number', fillValue))
  }

  /** @internal */
  override restore(reader: StateReader, inputs: readonly Input[]): Imputed {
    const numbers = reader.numbers('numbers', inputs.length)
    const texts = reader.list('texts', inputs.length)
    const fills = inputs.map(({ type }, i) => {
      if (type === 'number' || type === 'date') return numbers[i]!
      const text = texts[i]
      if (typeof text !== 'string' && text !== null) throw reader.refuse('texts', 'texts', text)
      return text ?? numbers[i]!
    })
    return new Imputed(fills, reader.wholes('flagged', reader.list('flagged'), inputs.length))
  }
}

function constant(fill: number | string): Statistic {
  return { observe: () => undefined, finish: () => done(fill) }
}
