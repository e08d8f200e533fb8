import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { Reduction } from '../kernels/kernels.js'
import { checkFloat } from '../tensor/create.js'
import { emptyPooled } from '../tensor/pool.js'
import { formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { sameShape, Workspace } from '../tensor/workspace.js'
import { checkClassCount, checkClassOptions, ClassIndices, type ClassOptions } from './classes.js'
import { convertedOnce } from './converted-once.js'
import {
  checkedReduction,
  Criterion,
  type CriterionOptions,
  type ReductionName,
} from './criterion.js'

export interface CrossEntropyLossOptions extends CriterionOptions, ClassOptions {
  /** Share of the target that is spread evenly over all classes, 0 to 1. Default 0. */
  labelSmoothing?: number
}

const NAME = 'CrossEntropyLoss'
const SCALAR: Shape = Object.freeze([])

/**
 * -log softmax(logits)[class], averaged over the batch (with class weights, their weighted mean).
 *
 * Shapes: logits (N, C), or (C) for a single sample. The target holds class indices, int32 or uint8,
 * shape (N) or (N, 1); or a probability for each class, shape and dtype of the logits. The loss is
 * 0-d, or (N) for reduction `none`.
 *
 * The logits are what the last Linear gives: no softmax goes before.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
 */
export class CrossEntropyLoss extends Criterion {
  readonly weight: Tensor | null
  readonly ignoreIndex: number
  readonly labelSmoothing: number
  readonly reduction: ReductionName
  readonly #reduction: Reduction
  readonly #indices = new ClassIndices()
  #prediction: Tensor | null = null
  #target: Tensor | null = null
  /** Written by the forward kernel, read by the backward one. */
  #divisor: Tensor | null = null
  readonly #kept = new Workspace()
  /** `weight` in the dtype of the logits. */
  #weight: Tensor | null

  /**
   * @throws ValueError for another reduction, a labelSmoothing outside [0, 1] or an ignoreIndex that
   *   is no whole number.
   * @throws ShapeError, DTypeError when weight is not a float vector.
   */
  constructor(options: CrossEntropyLossOptions = {}) {
    super()
    const { weight = null, ignoreIndex = -100, labelSmoothing = 0 } = options
    this.#reduction = checkedReduction(NAME, options.reduction)
    this.reduction = options.reduction ?? 'mean'
    if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
      throw new ValueError(complaint(NAME, 'labelSmoothing', 'from 0 to 1', String(labelSmoothing)))
    }
    checkClassOptions(NAME, options)
    this.weight = weight
    this.#weight = weight
    this.ignoreIndex = ignoreIndex
    this.labelSmoothing = labelSmoothing
  }

  protected override computeOutput(prediction: Tensor, target: Tensor): Tensor {
    this.#check(prediction, target)
    const { shape, dtype } = prediction
    this.#kept.rewind()
    const divisor = this.#kept.takeVector(1, dtype)
    if (this.#weight !== null) this.#weight = convertedOnce(this.#weight, dtype)
    const lossShape =
      this.#reduction === Reduction.none ? Object.freeze(shape.slice(0, -1)) : SCALAR
    const loss = emptyPooled(lossShape, dtype)
    kernels().crossEntropy(
      prediction,
      this.#indices.of(target),
      this.#weight,
      loss,
      divisor,
      rowsOf(shape),
      shape[shape.length - 1]!,
      this.#reduction,
      this.ignoreIndex,
      this.labelSmoothing,
    )
    this.#divisor = divisor
    this.#prediction = prediction
    this.#target = target
    return loss
  }

  protected override computeGradInput(prediction: Tensor, target: Tensor): Tensor {
    // The divisor is that of the last forward.
    if (prediction !== this.#prediction || target !== this.#target) {
      this.computeOutput(prediction, target)
    }
    const { shape, dtype } = prediction
    const gradient = emptyPooled(shape, dtype)
    kernels().crossEntropyGradient(
      prediction,
      this.#indices.of(target),
      this.#weight,
      this.#divisor!,
      gradient,
      rowsOf(shape),
      shape[shape.length - 1]!,
      this.ignoreIndex,
      this.labelSmoothing,
    )
    return gradient
  }

  override extraRepr(): string {
    const parts = []
    if (this.weight !== null) parts.push(`weight=${formatShape(this.weight.shape)}`)
    if (this.ignoreIndex !== -100) parts.push(`ignoreIndex=${this.ignoreIndex}`)
    if (this.labelSmoothing !== 0) parts.push(`labelSmoothing=${this.labelSmoothing}`)
    if (this.reduction !== 'mean') parts.push(`reduction=${this.reduction}`)
    return parts.join(', ')
  }

  #check(prediction: Tensor, target: Tensor): void {
    const { shape, dtype } = prediction
    if (dtype !== 'float32') checkFloat(NAME, 'the prediction', dtype)
    if (shape.length !== 1 && shape.length !== 2) {
      throw new ShapeError(
        complaint(NAME, 'the prediction', 'shape (N, C) or (C)', `shape ${formatShape(shape)}`),
      )
    }
    checkClassCount(NAME, this.weight, shape[shape.length - 1]!, prediction)
    if (target.dtype === 'float32' || target.dtype === 'float64') {
      this.#checkProbabilities(prediction, target)
    } else if (!holdsIndices(target.shape, shape)) {
      throw oddTarget(prediction, target)
    }
  }

  #checkProbabilities(prediction: Tensor, target: Tensor): void {
    if (!sameShape(target.shape, prediction.shape)) {
      if (!holdsIndices(target.shape, prediction.shape)) throw oddTarget(prediction, target)
      throw new DTypeError(
        complaint(
          NAME,
          'a target of class indices',
          'int32 or uint8',
          target.dtype,
          "use target.to('int32')",
        ),
      )
    }
    if (target.dtype !== prediction.dtype) {
      throw new DTypeError(
        complaint(
          NAME,
          'a target of probabilities',
          `${prediction.dtype} as the prediction is`,
          target.dtype,
          `use target.to('${prediction.dtype}')`,
        ),
      )
    }
  }
}

function rowsOf(prediction: Shape): number {
  return prediction.length === 1 ? 1 : prediction[0]!
}

/** Whether a shape is (N) or (N, 1) for a prediction (N, C); () or (1) for (C). */
function holdsIndices(target: Shape, prediction: Shape): boolean {
  const rank = prediction.length - 1
  if (rank === 1 && target[0] !== prediction[0]) return false
  return target.length === rank || (target.length === rank + 1 && target[rank] === 1)
}

function oddTarget({ shape }: Tensor, target: Tensor): ShapeError {
  return new ShapeError(
    complaint(
      NAME,
      'the target',
      `class indices of shape ${formatShape(shape.slice(0, -1))} or float probabilities of shape ` +
        `${formatShape(shape)} for a prediction of shape ${formatShape(shape)}`,
      `${target.dtype} of shape ${formatShape(target.shape)}`,
      sameShape(target.shape, shape)
        ? "a one-hot target must be float: use target.to('float32')"
        : undefined,
    ),
  )
}
