import { checkArguments } from '../check.js'
import { callFor } from '../kernels/backend.js'
import { PointwiseLossKind } from '../kernels/pointwise-loss.js'
import type { FloatDType } from '../kernels/dtype.js'
import { type Options, readOptions, unchecked } from '../options.js'
import { formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { CRITERION, type CriterionOptions, type ReductionName } from './criterion.js'
import { Expanded } from './expanded.js'
import { type ElementWeights, nonDefault, PointwiseLoss } from './pointwise-loss.js'

const NAME = 'BCELoss'

export interface BCELossOptions extends CriterionOptions {
  /** Factor of each element's loss, of a shape that is broadcast to the prediction's. Default: 1. */
  weight?: Tensor
}

export const BCE = { weight: unchecked<Tensor>(), ...CRITERION } satisfies Options<BCELossOptions>

/**
 * Binary cross entropy of probabilities: -w (y log x + (1 - y) log(1 - x)) for a prediction x in [0, 1]
 * and a target y, averaged over all elements. Logarithms are cut off at -100.
 *
 * Shapes: prediction and target alike, of any shape; the loss is 0-d, or of that shape for reduction
 * `none`.
 *
 * BCEWithLogitsLoss does the same with the Sigmoid inside, and stays exact where a Sigmoid reaches 0
 * or 1.
 *
 * Errors: ValueError for a prediction outside [0, 1], before anything is written.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.BCELoss.html
 */
export class BCELoss extends PointwiseLoss {
  readonly weight: Tensor | null
  readonly reduction: ReductionName
  readonly #weight: Expanded | null

  /**
   * @throws ValueError for another reduction.
   * @throws DTypeError when weight is not float.
   */
  constructor(options: BCELossOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    const { weight, reduction } = readOptions(NAME, BCE, options)
    super(PointwiseLossKind.bce, 0, reduction)
    this.weight = weight ?? null
    this.#weight = weight === undefined ? null : new Expanded(NAME, 'weight', weight)
    this.reduction = reduction
  }

  protected override computeOutput(prediction: Tensor, target: Tensor): Tensor {
    return callFor(NAME, () => super.computeOutput(prediction, target))
  }

  protected override computeGradInput(prediction: Tensor, target: Tensor): Tensor {
    return callFor(NAME, () => super.computeGradInput(prediction, target))
  }

  protected override weights(shape: Shape, dtype: FloatDType): ElementWeights {
    return { weight: this.#weight?.to(shape, dtype) ?? null, positive: null }
  }

  override extraRepr(): string {
    return nonDefault({
      weight: [this.weight && formatShape(this.weight.shape), null],
      reduction: [this.reduction, 'mean'],
    })
  }
}
