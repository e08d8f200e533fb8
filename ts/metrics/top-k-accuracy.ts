import { checkArguments } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { type Options, readOptions, text, whole } from '../options.js'
import { formatShape, type Tensor } from '../tensor/tensor.js'
import { countsOf, Metric, type MetricState } from './metric.js'

export interface TopKAccuracyOptions {
  /** k. Default 5. */
  k?: number
  /** What the result is called in logs. Default `top5Accuracy` for k = 5. */
  name?: string
  /** Samples whose target has this class index count for nothing. Default -100. */
  ignoreIndex?: number
}

const OPTIONS = {
  k: whole(1, 5),
  name: text(),
  ignoreIndex: whole(-Infinity, -100),
} satisfies Options<TopKAccuracyOptions>

/**
 * Share of the samples whose target is among the k classes with the highest scores; of equal scores
 * that of the lower class index is the higher, as for `Accuracy`, and NaN is the highest.
 *
 * Shapes: prediction (N, C), a score for each class, float; target class indices (N) or (N, 1), int32
 * or uint8.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.top_k_accuracy_score.html
 */
export class TopKAccuracy extends Metric {
  override readonly higherIsBetter = true
  override readonly isShare = true
  readonly k: number
  readonly #ignoreIndex: number
  #hits = 0
  #count = 0

  /** @throws ValueError unless k is a whole number of at least 1. */
  constructor(options: TopKAccuracyOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    const { k, ignoreIndex, name } = readOptions(NAME, OPTIONS, options)
    super(name ?? `top${k}Accuracy`)
    this.k = k
    this.#ignoreIndex = ignoreIndex
  }

  protected override accumulate(prediction: Tensor, target: Tensor): void {
    this.#check(prediction, target)
    const { data: scores } = prediction
    const { data: classes } = target
    const width = prediction.shape[1]!
    let hits = 0
    let count = 0
    for (let row = 0; row < classes.length; row++) {
      const label = classes[row]!
      if (label === this.#ignoreIndex) continue
      if (!(label >= 0 && label < width)) {
        const expected = `in 0..${width - 1}`
        const hint = 'classes count from 0'
        throw new ValueError(complaint(NAME, `target[${row}]`, expected, label, hint))
      }
      count++
      if (rankOf(label, scores, row * width, width) < this.k) hits++
    }
    this.#hits += hits
    this.#count += count
  }

  override compute(): number {
    return this.#hits / this.#count
  }

  override reset(): void {
    this.#hits = 0
    this.#count = 0
  }

  override stateDict(): MetricState {
    return { counts: [this.#hits, this.#count] }
  }

  override loadStateDict(state: MetricState): void {
    const [hits, count] = countsOf(NAME, state, 'counts', 2)
    this.#hits = hits!
    this.#count = count!
  }

  #check({ shape, dtype }: Tensor, target: Tensor): void {
    if (dtype !== 'float32' && dtype !== 'float64') {
      throw new DTypeError(complaint(NAME, 'the prediction', 'float32 or float64', dtype))
    }
    if (shape.length !== 2) {
      throw new ShapeError(
        complaint(NAME, 'the prediction', 'shape (N, C)', `shape ${formatShape(shape)}`),
      )
    }
    if (target.dtype !== 'int32' && target.dtype !== 'uint8') {
      const hint = "use target.to('int32')"
      throw new DTypeError(complaint(NAME, 'the target', 'int32 or uint8', target.dtype, hint))
    }
    if (target.length !== shape[0] || target.shape[0] !== shape[0]) {
      const got = `shape ${formatShape(target.shape)}`
      throw new ShapeError(complaint(NAME, 'the target', `shape (${shape[0]})`, got))
    }
  }
}

const NAME = 'TopKAccuracy'

/** How many classes of a row are before `label`. */
function rankOf(label: number, scores: ArrayLike<number>, start: number, width: number): number {
  const own = scores[start + label]!
  const ownIsNaN = Number.isNaN(own)
  let rank = 0
  for (let c = 0; c < width; c++) {
    const other = scores[start + c]!
    if (other > own && !ownIsNaN) rank++
    else if (c !== label && Number.isNaN(other)) rank += ownIsNaN && c > label ? 0 : 1
    else if (other === own && c < label) rank++
  }
  return rank
}
