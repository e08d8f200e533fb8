import { checkArguments } from '../../check.js'
import { complaint, ShapeError, ValueError } from '../../errors.js'
import { readOptions } from '../../options.js'
import { show } from '../../show.js'
import { fromTypedArray } from '../../tensor/create.js'
import { formatShape, noTensor, Tensor } from '../../tensor/tensor.js'
import type { ColumnInput } from '../table/table.js'
import { CategoryCounts, Places } from './categories.js'
import { asCategories } from './cells.js'
import { StateReader, type TransformerState } from './state.js'
import type { TargetEncoding } from './target-encoding.js'
import { targetColumn } from './target-column.js'
import type { TransformerConfig } from './fitted.js'

/**
 * Classes as numbers from 0 on, in the order of their names (of the numbers, if numbers are the classes),
 * for a criterion such as CrossEntropyLoss.
 *
 * @example
 * new data.LabelEncoder().fit(['b', 'a', 'b']).transform(['a', 'b']).toArray() // [0, 1]
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.preprocessing.LabelEncoder.html
 */
export class LabelEncoder implements TargetEncoding {
  readonly task = 'classification'
  #classes: readonly (string | number)[] | null = null

  /** @throws ValueError for any option, as there are none. */
  constructor(options: object = {}) {
    checkArguments('LabelEncoder', 1, arguments)
    readOptions('LabelEncoder', {}, options)
  }

  /** Names of the classes, or numbers, in the order of their labels. @throws ValueError before `fit`. */
  get classes(): (string | number)[] {
    return [...this.#known('classes')]
  }

  get outputs(): number {
    return this.#known('outputs').length
  }

  #known(what: string): readonly (string | number)[] {
    if (this.#classes !== null) return this.#classes
    const hint = 'call fit first'
    throw new ValueError(complaint(`LabelEncoder.${what}`, 'it', 'fitted', 'no fit yet', hint))
  }

  /** @throws ValueError for gaps and when there is one class alone. */
  fit(column: ColumnInput): this {
    const target = targetColumn('LabelEncoder.fit', column)
    if (target.type === 'date')
      throw new ValueError(complaint('LabelEncoder.fit', 'the target', 'classes', 'dates'))
    const counts = new CategoryCounts()
    counts.add(target)
    const numeric = target.type === 'number'
    const classes = counts.sorted(numeric)
    if (classes.length < 2) {
      const got = `${show(classes[0])} in each row`
      throw new ValueError(complaint('LabelEncoder.fit', 'the target', 'two classes or more', got))
    }
    this.#classes = numeric ? classes.map(Number) : classes
    return this
  }

  /** Labels, int32, shape (n). @throws ValueError before `fit`, for gaps and for other classes. */
  transform(column: ColumnInput): Tensor {
    const classes = this.#known('transform')
    const { codes, categories } = asCategories(targetColumn('LabelEncoder.transform', column))
    const labels = new Places(classes.map(String)).of(categories)
    const odd = codes.findIndex((code) => labels[code] === -1)
    if (odd >= 0) {
      const known = `one of ${show(classes)}`
      const got = show(categories[codes[odd]!])
      throw new ValueError(complaint('LabelEncoder', `row ${odd} of the target`, known, got))
    }
    return fromTypedArray(codes.map((code) => labels[code]!))
  }

  fitTransform(column: ColumnInput): Tensor {
    return this.fit(column).transform(column)
  }

  /** Classes of labels, int32 (n). @throws ValueError for a label that no class has. */
  inverseTransform(labels: Tensor): string[] | number[] {
    const classes = this.#known('inverseTransform')
    if (!(labels instanceof Tensor)) throw noTensor('LabelEncoder', 'the labels', labels)
    const found = Array.from(labels.data, (label, row) => {
      if (label in classes) return classes[label]!
      const expected = `a label from 0 to ${classes.length - 1}`
      throw new ValueError(complaint('LabelEncoder', `row ${row}`, expected, label))
    })
    return found as string[] | number[]
  }

  /**
   * The class of the highest score of each row.
   *
   * @param outputs Scores, logits or shares, shape (n, classes).
   * @throws ShapeError for another shape; ValueError when a score is NaN.
   */
  decode(outputs: Tensor): string[] | number[] {
    const classes = this.#known('decode')
    if (!(outputs instanceof Tensor)) throw noTensor('LabelEncoder.decode', 'the outputs', outputs)
    const { shape, data } = outputs
    const width = classes.length
    if (shape.length !== 2 || shape[1] !== width) {
      const got = `shape ${formatShape(shape)}`
      throw new ShapeError(
        complaint('LabelEncoder.decode', 'the outputs', `of shape (n, ${width})`, got),
      )
    }
    const found = Array.from({ length: shape[0]! }, (_, row) => {
      let best = 0
      for (let label = 0; label < width; label++) {
        const score = data[row * width + label]!
        if (Number.isNaN(score))
          throw new ValueError(complaint('LabelEncoder.decode', `row ${row}`, 'scores', score))
        if (score > data[row * width + best]!) best = label
      }
      return classes[best]!
    })
    return found as string[] | number[]
  }

  config(): TransformerConfig {
    return { name: 'LabelEncoder', options: {} }
  }

  stateDict(): TransformerState {
    return { classes: this.classes }
  }

  /** @throws ValueError when it does not fit; nothing is changed then. */
  loadStateDict(state: TransformerState): void {
    const reader = new StateReader('LabelEncoder', state)
    const classes = reader.list('classes')
    const numeric = typeof classes[0] === 'number'
    const fits = numeric ? Number.isFinite : (name: unknown) => typeof name === 'string'
    if (classes.length < 2 || new Set(classes).size < classes.length || !classes.every(fits))
      throw reader.refuse('classes', 'two or more different texts, or numbers', classes)
    this.#classes = classes as (string | number)[]
  }
}
