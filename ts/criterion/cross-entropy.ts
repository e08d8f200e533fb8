import { checkArguments } from '../check.js'
import { complaint, DTypeError, ShapeError } from '../errors.js'
import { callFor, kernels } from '../kernels/backend.js'
import { Reduction } from '../kernels/kernels.js'
import { type Options, readOptions, share } from '../options.js'
import { checkFloat } from '../tensor/create.js'
import { emptyPooled } from '../tensor/pool.js'
import { formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { allocate, sameShape } from '../tensor/workspace.js'
import {
  checkClassCount,
  checkClassWeight,
  CLASSES,
  ClassIndices,
  type ClassOptions,
  classSizes,
  withoutClasses,
} from './classes.js'
import { convertedOnce } from './converted-once.js'
import { Criterion, CRITERION, type CriterionOptions, type ReductionName } from './criterion.js'

export interface CrossEntropyLossOptions extends CriterionOptions, ClassOptions {
  /** Share of the target that is spread evenly over all classes, 0 to 1. Default 0. */
  labelSmoothing?: number
}

const OPTIONS = {
  ...CLASSES,
  ...CRITERION,
  labelSmoothing: share(0),
} satisfies Options<CrossEntropyLossOptions>

const NAME = 'CrossEntropyLoss'
const SCALAR: Shape = Object.freeze([])

/**
 * -log softmax(logits)[class], averaged over the batch (with class weights, their weighted mean).
 *
 * Shapes: logits (N, C), (C) for a single sample, or (N, C, d1, …) with a class for each place of an
 * image, say. The target holds class indices, int32 or uint8, of that shape without the C; (N, 1) will do
 * for (N). Or it holds a probability for each class, shape and dtype of the logits. The loss is 0-d, or of
 * the class indices' shape for reduction `none`.
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
  /** `weight` in the dtype of the logits. */
  #weight: Tensor | null

  /**
   * @throws ValueError for another reduction, a labelSmoothing outside [0, 1] or an ignoreIndex that
   *   is no whole number.
   * @throws ShapeError, DTypeError when weight is not a float vector.
   */
  constructor(options: CrossEntropyLossOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    const { weight, ignoreIndex, labelSmoothing, reduction } = readOptions(NAME, OPTIONS, options)
    this.#reduction = Reduction[reduction]
    this.reduction = reduction
    checkClassWeight(NAME, weight)
    this.weight = weight ?? null
    this.#weight = this.weight
    this.ignoreIndex = ignoreIndex
    this.labelSmoothing = labelSmoothing
  }

  override get isBuiltIn(): boolean {
    return true
  }

  protected override computeOutput(prediction: Tensor, target: Tensor): Tensor {
    this.#check(prediction, target)
    const { shape, dtype } = prediction
    const divisor = this.pass.keepVector('divisor', 1, dtype)
    if (this.#weight !== null) this.#weight = convertedOnce(this.#weight, dtype)
    const lossShape = this.#reduction === Reduction.none ? withoutClasses(shape) : SCALAR
    const loss = emptyPooled(lossShape, dtype)
    const [outer, classes, inner] = classSizes(shape)
    callFor(NAME, () => {
      kernels().crossEntropy({
        logits: prediction,
        target: this.#indices.of(target),
        weight: this.#weight,
        loss,
        divisor,
        outer,
        classes,
        inner,
        reduction: this.#reduction,
        ignoreIndex: this.ignoreIndex,
        labelSmoothing: this.labelSmoothing,
      })
    })
    return loss
  }

  protected override computeGradInput(prediction: Tensor, target: Tensor): Tensor {
    const { shape, dtype } = prediction
    const gradient = allocate(shape, dtype)
    const [outer, classes, inner] = classSizes(shape)
    kernels().crossEntropyGradient({
      logits: prediction,
      target: this.#indices.of(target),
      weight: this.#weight,
      divisor: this.passOf(prediction, target).kept('divisor')!,
      gradLogits: gradient,
      outer,
      classes,
      inner,
      ignoreIndex: this.ignoreIndex,
      labelSmoothing: this.labelSmoothing,
    })
    return gradient
  }

  /** The weights of the targets' classes together, those that are ignored left out. */
  protected override computeLossWeight(prediction: Tensor, target: Tensor): number | Tensor | null {
    if (this.#reduction !== Reduction.mean) return super.computeLossWeight(prediction, target)
    return this.passOf(prediction, target).kept('divisor')
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
    if (shape.length === 0) {
      throw new ShapeError(
        complaint(NAME, 'the prediction', 'shape (N, C), (C) or (N, C, d1, …)', 'shape ()'),
      )
    }
    checkClassCount(NAME, this.weight, classSizes(shape)[1], prediction)
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

/** Whether a shape is (N, d1, …), or (N, 1) for a prediction (N, C) and (1) for (C). */
function holdsIndices(target: Shape, prediction: Shape): boolean {
  const indices = withoutClasses(prediction)
  return (
    sameShape(target, indices) || (prediction.length <= 2 && sameShape(target, [...indices, 1]))
  )
}

function oddTarget({ shape }: Tensor, target: Tensor): ShapeError {
  return new ShapeError(
    complaint(
      NAME,
      'the target',
      `class indices of shape ${formatShape(withoutClasses(shape))} or float probabilities of shape ` +
        `${formatShape(shape)} for a prediction of shape ${formatShape(shape)}`,
      `${target.dtype} of shape ${formatShape(target.shape)}`,
      sameShape(target.shape, shape)
        ? "a one-hot target must be float: use target.to('float32')"
        : undefined,
    ),
  )
}
