import { checkArguments } from '../../check.js'
import { complaint, NotFiniteError, ShapeError, ValueError } from '../../errors.js'
import { readOptions } from '../../options.js'
import { fromTypedArray } from '../../tensor/create.js'
import { formatShape, noTensor, Tensor } from '../../tensor/tensor.js'
import type { ColumnInput } from '../table/table.js'
import { isConstant, Moments } from './moments.js'
import { float64, StateReader, type TransformerState } from './state.js'
import type { TargetEncoding } from './target-encoding.js'
import { targetColumn } from './target-column.js'
import type { TransformerConfig } from './fitted.js'

/**
 * A numeric target with mean 0 and deviation 1 for the training, so that learning rates do not depend on
 * its unit; `decode` gives the unit back.
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.compose.TransformedTargetRegressor.html
 */
export class TargetScaler implements TargetEncoding {
  readonly task = 'regression'
  readonly outputs = 1
  #learned: { readonly mean: number; readonly scale: number } | null = null

  /** @throws ValueError for any option, as there are none. */
  constructor(options: object = {}) {
    checkArguments('TargetScaler', 1, arguments)
    readOptions('TargetScaler', {}, options)
  }

  /** @throws ValueError before `fit`. */
  get mean(): number {
    return this.#known('mean').mean
  }

  /** The standard deviation. @throws ValueError before `fit`. */
  get scale(): number {
    return this.#known('scale').scale
  }

  #known(what: string): { readonly mean: number; readonly scale: number } {
    if (this.#learned !== null) return this.#learned
    const hint = 'call fit first'
    throw new ValueError(complaint(`TargetScaler.${what}`, 'it', 'fitted', 'no fit yet', hint))
  }

  /** @throws ValueError for gaps, infinite numbers and a target that is the same in each row. */
  fit(column: ColumnInput): this {
    const values = numbersOf('TargetScaler.fit', column)
    const moments = new Moments()
    moments.add(values)
    const { mean, count } = moments
    if (isConstant(moments.var, mean, count)) {
      const got = `${values[0]} in each row`
      throw new ValueError(complaint('TargetScaler.fit', 'the target', 'numbers that differ', got))
    }
    const scale = Math.sqrt(moments.var)
    if (!Number.isFinite(scale)) {
      const expected = 'of a finite variance'
      throw new ValueError(complaint('TargetScaler.fit', 'the target', expected, moments.var))
    }
    this.#learned = { mean, scale }
    return this
  }

  /** float32, shape (n, 1). @throws ValueError before `fit`, for gaps and infinite numbers. */
  transform(column: ColumnInput): Tensor {
    const { mean, scale } = this.#known('transform')
    const values = numbersOf('TargetScaler.transform', column)
    return fromTypedArray(Float32Array.from(values, (value) => (value - mean) / scale)).reshape([
      -1, 1,
    ])
  }

  fitTransform(column: ColumnInput): Tensor {
    return this.fit(column).transform(column)
  }

  inverseTransform(outputs: Tensor): number[] {
    return this.decode(outputs)
  }

  /**
   * Numbers in the target's own unit.
   *
   * @param outputs Shape (n, 1) or (n).
   * @throws ShapeError for another shape; NotFiniteError when an output is NaN or infinite.
   */
  decode(outputs: Tensor): number[] {
    const { mean, scale } = this.#known('decode')
    if (!(outputs instanceof Tensor)) throw noTensor('TargetScaler.decode', 'the outputs', outputs)
    const { shape } = outputs
    if (shape.length === 0 || shape.length > 2 || (shape.length === 2 && shape[1] !== 1)) {
      const got = `shape ${formatShape(shape)}`
      throw new ShapeError(complaint('TargetScaler.decode', 'the outputs', 'of shape (n, 1)', got))
    }
    return Array.from(outputs.data, (output, row) => {
      if (Number.isFinite(output)) return output * scale + mean
      throw new NotFiniteError(complaint('TargetScaler.decode', `row ${row}`, 'finite', output))
    })
  }

  config(): TransformerConfig {
    return { name: 'TargetScaler', options: {} }
  }

  stateDict(): TransformerState {
    const { mean, scale } = this.#known('stateDict')
    return { mean: float64([mean]), scale: float64([scale]) }
  }

  /** @throws ValueError, ShapeError, DTypeError when it does not fit; nothing is changed then. */
  loadStateDict(state: TransformerState): void {
    const reader = new StateReader('TargetScaler', state)
    const [mean] = reader.numbers('mean', 1)
    const [scale] = reader.numbers('scale', 1)
    if (!(scale! > 0)) throw reader.refuse('scale', 'above 0', scale)
    this.#learned = { mean: mean!, scale: scale! }
  }
}

function numbersOf(who: string, given: ColumnInput): Float64Array {
  const column = targetColumn(who, given)
  if (column.type !== 'number') {
    throw new ValueError(complaint(who, 'the target', 'numbers', column.type))
  }
  const odd = column.values.findIndex((value) => !Number.isFinite(value))
  if (odd < 0) return column.values
  const what = `row ${odd} of the target`
  throw new ValueError(complaint(who, what, 'a finite number', column.values[odd]))
}
