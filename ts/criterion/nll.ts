import { checkArguments } from '../check.js'
import { complaint, DTypeError, ShapeError } from '../errors.js'
import { callFor, kernels } from '../kernels/backend.js'
import { Reduction } from '../kernels/kernels.js'
import { type Options, readOptions } from '../options.js'
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
import { nonDefault } from './pointwise-loss.js'

export interface NLLLossOptions extends CriterionOptions, ClassOptions {}

const OPTIONS = { ...CLASSES, ...CRITERION } satisfies Options<NLLLossOptions>

const NAME = 'NLLLoss'
const SCALAR: Shape = Object.freeze([])

/**
 * -x[class] for log-probabilities x, averaged over the batch (with class weights, their weighted mean).
 *
 * Shapes: prediction (N, C), (C) for a single sample, or (N, C, d1, …) with a class for each place. The
 * target holds class indices, int32 or uint8, of that shape without the C; (N, 1) will do for (N). The
 * loss is 0-d, or of the target's shape for reduction `none`.
 *
 * The log-probabilities are what LogSoftmax gives; CrossEntropyLoss does both steps in one.
 *
 * Errors: ValueError for a label that is no class and not ignoreIndex, before anything is written.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html
 */
export class NLLLoss extends Criterion {
  readonly weight: Tensor | null
  readonly ignoreIndex: number
  readonly reduction: ReductionName
  readonly #reduction: Reduction
  readonly #indices = new ClassIndices()
  /** `weight` in the dtype of the prediction. */
  #weight: Tensor | null

  /**
   * @throws ValueError for another reduction or an ignoreIndex that is no whole number.
   * @throws ShapeError, DTypeError when weight is not a float vector.
   */
  constructor(options: NLLLossOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    const { weight, ignoreIndex, reduction } = readOptions(NAME, OPTIONS, options)
    this.#reduction = Reduction[reduction]
    checkClassWeight(NAME, weight)
    this.reduction = reduction
    this.weight = weight ?? null
    this.#weight = this.weight
    this.ignoreIndex = ignoreIndex
  }

  override get isBuiltIn(): boolean {
    return true
  }

  protected override computeOutput(prediction: Tensor, target: Tensor): Tensor {
    const [outer, classes, inner] = this.#check(prediction, target)
    const { shape, dtype } = prediction
    const divisor = this.pass.keepVector('divisor', 1, dtype)
    if (this.#weight !== null) this.#weight = convertedOnce(this.#weight, dtype)
    const loss = emptyPooled(
      this.#reduction === Reduction.none ? withoutClasses(shape) : SCALAR,
      dtype,
    )
    callFor(NAME, () => {
      kernels().nll({
        logProbabilities: prediction,
        target: this.#indices.of(target),
        weight: this.#weight,
        loss,
        divisor,
        outer,
        classes,
        inner,
        reduction: this.#reduction,
        ignoreIndex: this.ignoreIndex,
      })
    })
    return loss
  }

  protected override computeGradInput(prediction: Tensor, target: Tensor): Tensor {
    const [outer, classes, inner] = classSizes(prediction.shape)
    const gradient = allocate(prediction.shape, prediction.dtype)
    kernels().nllGradient({
      target: this.#indices.of(target),
      weight: this.#weight,
      divisor: this.passOf(prediction, target).kept('divisor')!,
      grad: gradient,
      outer,
      classes,
      inner,
      ignoreIndex: this.ignoreIndex,
    })
    return gradient
  }

  /** The weights of the targets' classes together, those that are ignored left out. */
  protected override computeLossWeight(prediction: Tensor, target: Tensor): number | Tensor | null {
    if (this.#reduction !== Reduction.mean) return super.computeLossWeight(prediction, target)
    return this.passOf(prediction, target).kept('divisor')
  }

  override extraRepr(): string {
    return nonDefault({
      weight: [this.weight && formatShape(this.weight.shape), null],
      ignoreIndex: [this.ignoreIndex, -100],
      reduction: [this.reduction, 'mean'],
    })
  }

  #check(prediction: Tensor, target: Tensor): readonly [number, number, number] {
    const { shape, dtype } = prediction
    checkFloat(NAME, 'the prediction', dtype)
    if (shape.length === 0) {
      throw new ShapeError(
        complaint(NAME, 'the prediction', 'shape (N, C), (C) or (N, C, d1, …)', 'shape ()'),
      )
    }
    const sizes = classSizes(shape)
    checkClassCount(NAME, this.weight, sizes[1], prediction)
    const expected = withoutClasses(shape)
    const fits =
      sameShape(target.shape, expected) ||
      (shape.length <= 2 && sameShape(target.shape, [...expected, 1]))
    if (!fits) {
      throw new ShapeError(
        complaint(
          NAME,
          'the target',
          `class indices of shape ${formatShape(expected)} for a prediction of shape ` +
            formatShape(shape),
          `shape ${formatShape(target.shape)}`,
        ),
      )
    }
    if (target.dtype !== 'int32' && target.dtype !== 'uint8') {
      throw new DTypeError(
        complaint(NAME, 'the target', 'int32 or uint8', target.dtype, "use target.to('int32')"),
      )
    }
    return sizes
  }
}
