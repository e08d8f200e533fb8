import { checkList } from '../../check.js'
import { complaint, ShapeError, ValueError } from '../../errors.js'
import type { FloatDType } from '../../kernels/dtype.js'
import { show } from '../../show.js'
import { zeros } from '../../tensor/create.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { Column } from '../table/column.js'
import type { ColumnInput, Table } from '../table/table.js'
import { type Cells, type Input, type NumberCells, rowsOf } from './cells.js'
import { fitChain, writeChain } from './chain.js'
import { type Features, featuresOf, refit } from './features.js'
import type { Fitted, Fitting, TransformerConfig } from './fitted.js'
import { columnOf, numbersOf, stacked } from './inverse.js'
import { StateReader, type TransformerState } from './state.js'
import { run } from './steps.js'

/** What a transformer takes: cells of one column, columns of a table, or numbers of shape (n, features). */
export type TransformerInput = ColumnInput | Table | Tensor | readonly (readonly number[])[]

/**
 * Learns from columns what it takes to make numbers of them: `fit` on the training part, `transform` on
 * every other. Each feature (a column, or a column of a tensor) is treated by itself.
 *
 * Source: https://scikit-learn.org/stable/developers/develop.html
 */
export abstract class Transformer<out F extends Fitted = Fitted> {
  /** What a cell may be; for types alone. @internal */
  declare readonly cell?: unknown
  #inputs: readonly Input[] | null = null
  #fitted: F | null = null

  /** @internal */
  abstract begin(inputs: readonly Input[]): Fitting<F>
  /** @internal */
  abstract restore(reader: StateReader, inputs: readonly Input[]): F
  /** The options it was made with, as JSON: `data.transformerFrom` makes such a one of it. */
  abstract config(): TransformerConfig

  /**
   * Learns from these rows; what it had learned before is forgotten.
   *
   * @throws ValueError for values of a kind that it does not take, infinite numbers, or no rows; the
   *   transformer is as before.
   */
  fit(x: TransformerInput): this {
    const features = featuresOf(this.constructor.name, x)
    const [link] = run(fitChain([this], features.inputs, features.cells))
    this.adopt(link!.inputs, link!.fitted)
    return this
  }

  /** What becomes of rows. @throws ValueError before `fit`, and for values that do not fit. */
  abstract transform(x: TransformerInput): Tensor | Column

  abstract fitTransform(x: TransformerInput): Tensor | Column

  /**
   * From what came out back to what went in: numbers as a tensor, anything else as a column.
   *
   * @throws ValueError where that cannot be known, as of hashed texts.
   */
  abstract inverseTransform(x: Tensor | readonly (readonly number[])[]): Tensor | Column

  /** Names of the outputs, by the names of the features. */
  getFeatureNamesOut(names?: readonly string[]): string[] {
    const { inputs, fitted } = this.link('getFeatureNamesOut')
    if (names !== undefined) checkTexts(`${this.constructor.name}.getFeatureNamesOut`, names)
    if (names !== undefined && names.length !== inputs.length) {
      const expected = `${inputs.length}, one a feature`
      throw new ShapeError(complaint(this.constructor.name, 'the names', expected, names.length))
    }
    const named = inputs.map((input, i) => ({ ...input, name: names?.[i] ?? input.name }))
    return fitted.outputs(named).map(({ name }) => name)
  }

  get isFitted(): boolean {
    return this.#fitted !== null
  }

  /** What it has learned. @throws ValueError before `fit`. */
  stateDict(): TransformerState {
    const { inputs, fitted } = this.link('stateDict')
    return { inputs: inputs.map(({ name, type }) => [name, type]), ...fitted.state() }
  }

  /**
   * Takes over what `stateDict` gave.
   *
   * @throws ValueError, ShapeError, DTypeError when it does not fit; the transformer is as before.
   */
  loadStateDict(state: TransformerState): void {
    const reader = new StateReader(this.constructor.name, state)
    const inputs = reader.inputs('inputs')
    this.adopt(inputs, this.restore(reader, inputs))
  }

  /** @internal */
  link(method: string): { inputs: readonly Input[]; fitted: F } {
    if (this.#inputs === null || this.#fitted === null) {
      const who = `${this.constructor.name}.${method}`
      throw new ValueError(complaint(who, 'it', 'fitted', 'no fit yet', 'call fit first'))
    }
    return { inputs: this.#inputs, fitted: this.#fitted }
  }

  /** @internal */
  adopt(inputs: readonly Input[], fitted: Fitted): void {
    this.#inputs = inputs
    this.#fitted = fitted as F
  }

  /** What is to be transformed, as the fitted features are. @internal */
  protected taken(method: string, x: TransformerInput): Features {
    const { inputs } = this.link(method)
    return refit(this.constructor.name, featuresOf(this.constructor.name, x), inputs)
  }

  /** @internal */
  protected undo(x: unknown): { cells: Cells[]; dtype: FloatDType } {
    const { inputs, fitted } = this.link('inverseTransform')
    const { cells, dtype } = numbersOf(this.constructor.name, x, fitted.outputs(inputs).length)
    return { cells: fitted.inverse(cells), dtype }
  }

  /** @internal */
  protected write({ cells, dtype }: Features): Tensor {
    const { inputs, fitted } = this.link('transform')
    const width = fitted.outputs(inputs).length
    const result = zeros([rowsOf(cells), width], { dtype })
    const out = result.data as Float32Array | Float64Array
    run(writeChain([{ inputs, fitted }], cells, out, width, 0))
    return result
  }

  toString(): string {
    const { name, options } = this.config()
    const given = Object.entries(options).map(([key, value]) => `${key}: ${show(value)}`)
    return `${name}(${given.length === 0 ? '' : `{ ${given.join(', ')} }`})`
  }
}

/** A transformer from which a tensor comes. */
export abstract class TensorTransformer<out F extends Fitted = Fitted> extends Transformer<F> {
  /**
   * Rows as numbers, shape (n, outputs): float32, or the dtype of a tensor.
   *
   * @throws ValueError before `fit`, and for values that do not fit; ShapeError for another number of
   *   features.
   */
  override transform(x: TransformerInput): Tensor {
    return this.write(this.taken('transform', x))
  }

  override fitTransform(x: TransformerInput): Tensor {
    return this.fit(x).transform(x)
  }
}

/** A transformer from numbers to as many numbers. */
export abstract class NumberTransformer<
  out F extends Fitted = Fitted,
> extends TensorTransformer<F> {
  override inverseTransform(x: Tensor | readonly (readonly number[])[]): Tensor {
    const { cells, dtype } = this.undo(x)
    return stacked(cells as NumberCells[], dtype)
  }
}

/** A transformer from a column of any type to numbers. */
export abstract class Encoder<out F extends Fitted = Fitted> extends TensorTransformer<F> {
  /** @throws ValueError when it was fitted to several columns at once, or that cannot be known. */
  override inverseTransform(x: Tensor | readonly (readonly number[])[]): Column {
    const [first, ...others] = this.undo(x).cells
    if (first !== undefined && others.length === 0) return columnOf(first)
    const hint = 'a ColumnTransformer gives a table back'
    const who = `${this.constructor.name}.inverseTransform`
    throw new ValueError(complaint(who, 'the columns', 'one', others.length + 1, hint))
  }
}

function checkTexts(who: string, names: unknown): void {
  checkList(who, 'the names', names)
  const odd = names.find((name) => typeof name !== 'string')
  if (odd !== undefined) throw new ValueError(complaint(who, 'the names', 'texts', odd))
}
