import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import type { TypedArray } from '../kernels/dtype.js'
import { type Option, type Options, text, type Values, whole } from '../options.js'
import { empty, formatShape, type Shape, type Tensor } from '../tensor/tensor.js'

/** What the metrics over classes share. */
export interface ClassMetricOptions {
  /** What the result is called in logs. */
  name?: string
  /**
   * From which score on a prediction of one number a sample is class 1. Default 0.5, for
   * probabilities; in `fit` and `evaluate` that of the criterion, which is 0 for the logits of
   * `BCEWithLogitsLoss`.
   */
  threshold?: number
  /** Samples whose target has this class index count for nothing. Default -100. */
  ignoreIndex?: number
}

const THRESHOLD: Option<number | undefined> = {
  initial: undefined,
  expected: 'a number',
  accepts: (value) => typeof value === 'number' && !Number.isNaN(value),
}

/** The options of a metric over classes by its default name. */
export function classOptions(name: string) {
  return {
    name: text(name),
    threshold: THRESHOLD,
    ignoreIndex: whole(-Infinity, -100),
  } satisfies Options<ClassMetricOptions>
}

/** Classes by number, one pair a sample. Valid until the next batch. */
export interface ClassPairs {
  readonly predicted: TypedArray
  readonly actual: TypedArray
  readonly length: number
  /** How many classes there are; null where the prediction does not tell. */
  readonly classes: number | null
}

const isFloat = ({ dtype }: Tensor): boolean => dtype === 'float32' || dtype === 'float64'

/**
 * Reads predictions and targets of a classification as class indices.
 *
 * Shapes: prediction (N, C, …), a score for each class, float; or (N) or (N, 1), the score of class
 * 1, float; or class indices, int32 or uint8, of the target's shape. Target: class indices of shape
 * (N, …) or (N, 1), int32 or uint8; or floats in the shape of the prediction: a probability for each
 * class, or for class 1.
 */
export class ClassReader {
  readonly ignoreIndex: number
  readonly #threshold: number | undefined
  #standard = 0.5
  #predicted = empty([0], 'int32')
  #actual = empty([0], 'int32')

  constructor(
    readonly who: string,
    { threshold, ignoreIndex }: Values<ReturnType<typeof classOptions>>,
  ) {
    this.#threshold = threshold
    this.ignoreIndex = ignoreIndex
  }

  get threshold(): number {
    return this.#threshold ?? this.#standard
  }

  /** The threshold where none was given. */
  set standard(threshold: number) {
    this.#standard = threshold
  }

  /**
   * @param numClasses How many there are, where the caller knows.
   * @throws ShapeError, DTypeError, ValueError when the tensors do not fit each other or a class index
   *   is out of range.
   */
  read(prediction: Tensor, target: Tensor, numClasses: number | null = null): ClassPairs {
    const { shape } = prediction
    let classes = numClasses
    let predicted: TypedArray
    let samples: Shape = shape
    const scores = isFloat(prediction)
    const many = scores && shape.length >= 2 && shape[1] !== 1
    if (many) {
      classes = this.#agree(shape[1]!, numClasses, shape)
      samples = [shape[0]!, ...shape.slice(2)]
      this.#predicted = this.#highest(prediction, samples, classes, this.#predicted)
      predicted = this.#predicted.data
    } else if (scores) {
      classes = this.#agree(2, numClasses, shape)
      this.#predicted = this.#above(prediction, this.threshold, this.#predicted)
      predicted = this.#predicted.data
    } else {
      predicted = prediction.data
    }
    const actual = this.#actualOf(prediction, target, samples, many ? classes! : 1)
    this.#check('target', actual, classes)
    if (!scores) this.#check('prediction', predicted, classes)
    return { predicted, actual, length: actual.length, classes }
  }

  #agree(found: number, known: number | null, shape: Shape): number {
    if (found === 0) {
      throw new ShapeError(
        complaint(
          this.who,
          'the prediction',
          'of at least one class',
          `shape ${formatShape(shape)}`,
        ),
      )
    }
    if (known === null || known === found) return found
    throw new ShapeError(
      complaint(this.who, 'the prediction', `of ${known} classes`, `shape ${formatShape(shape)}`),
    )
  }

  #actualOf(prediction: Tensor, target: Tensor, samples: Shape, classes: number): TypedArray {
    const alike = sameButOnes(target.shape, prediction.shape)
    if (isFloat(target)) {
      if (!isFloat(prediction) || !alike) throw this.#oddTarget(prediction, target, samples)
      if (classes > 1) this.#actual = this.#highest(target, samples, classes, this.#actual)
      else {
        this.#checkProbabilities(target)
        this.#actual = this.#above(target, 0.5, this.#actual)
      }
      return this.#actual.data
    }
    if (!sameButOnes(target.shape, samples)) throw this.#oddTarget(prediction, target, samples)
    return target.data
  }

  #oddTarget(prediction: Tensor, target: Tensor, samples: Shape): ShapeError | DTypeError {
    const expected = `class indices of shape ${formatShape(samples)} for a prediction ${formatShape(prediction.shape)}`
    const what = 'the target'
    if (isFloat(target) && sameButOnes(target.shape, samples)) {
      const hint = "use target.to('int32')"
      return new DTypeError(
        complaint(this.who, what, `${expected}, int32 or uint8`, target.dtype, hint),
      )
    }
    return new ShapeError(complaint(this.who, what, expected, `shape ${formatShape(target.shape)}`))
  }

  #highest(scores: Tensor, samples: Shape, classes: number, into: Tensor): Tensor {
    const batch = samples[0]!
    const inner = samples.slice(1).reduce((product, size) => product * size, 1)
    const out = into.length === batch * inner ? into : empty([batch * inner], 'int32')
    kernels().argmax({ x: scores, out, outer: batch, n: classes, inner })
    return out
  }

  #above(scores: Tensor, threshold: number, into: Tensor): Tensor {
    const out = into.length === scores.length ? into : empty([scores.length], 'int32')
    const [from, to] = [scores.data, out.data]
    for (let i = 0; i < from.length; i++) to[i] = from[i]! >= threshold ? 1 : 0
    return out
  }

  #checkProbabilities(target: Tensor): void {
    const odd = target.data.findIndex((value) => !(value >= 0 && value <= 1))
    if (odd < 0) return
    const hint = 'class indices of more than two classes need a prediction with a score for each'
    throw new ValueError(
      complaint(this.who, `target[${odd}]`, 'from 0 to 1', target.data[odd], hint),
    )
  }

  #check(what: string, indices: TypedArray, classes: number | null): void {
    const ignored = what === 'target' ? this.ignoreIndex : NaN
    const end = classes ?? Infinity
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i]!
      if ((index >= 0 && index < end) || index === ignored) continue
      const expected = classes === null ? 'a class index of at least 0' : `in 0..${classes - 1}`
      throw new ValueError(
        complaint(this.who, `${what}[${i}]`, expected, index, 'classes count from 0'),
      )
    }
  }
}

/** Whether two shapes are the same but for sizes of 1 at the end. */
export function sameButOnes(a: Shape, b: Shape): boolean {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if ((a[i] ?? 1) !== (b[i] ?? 1)) return false
  }
  return true
}
