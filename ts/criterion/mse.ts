import { complaint, DTypeError, ShapeError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { Reduction } from '../kernels/kernels.js'
import { checkFloat } from '../tensor/create.js'
import { emptyPooled } from '../tensor/pool.js'
import { formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import {
  checkedReduction,
  Criterion,
  type CriterionOptions,
  type ReductionName,
} from './criterion.js'

const SCALAR: Shape = Object.freeze([])

/**
 * (prediction - target)^2, averaged over all elements.
 *
 * Shapes: prediction and target alike, of any shape; the loss is 0-d, or of that shape for reduction
 * `none`.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html
 */
export class MSELoss extends Criterion {
  readonly reduction: ReductionName
  readonly #reduction: Reduction

  /** @throws ValueError for another reduction. */
  constructor(options: CriterionOptions = {}) {
    super()
    this.#reduction = checkedReduction('MSELoss', options.reduction)
    this.reduction = options.reduction ?? 'mean'
  }

  protected override computeOutput(prediction: Tensor, target: Tensor): Tensor {
    this.#check(prediction, target)
    const reduction = this.#reduction
    const shape = reduction === Reduction.none ? prediction.shape : SCALAR
    const loss = emptyPooled(shape, prediction.dtype)
    kernels().mse(prediction, target, loss, prediction.length, reduction)
    return loss
  }

  protected override computeGradInput(prediction: Tensor, target: Tensor): Tensor {
    this.#check(prediction, target)
    const { length } = prediction
    const gradient = emptyPooled(prediction.shape, prediction.dtype)
    const scale = this.#reduction === Reduction.mean ? 2 / length : 2
    kernels().mseGradient(prediction, target, gradient, length, scale)
    return gradient
  }

  override extraRepr(): string {
    return this.reduction === 'mean' ? '' : `reduction=${this.reduction}`
  }

  #check(prediction: Tensor, target: Tensor): void {
    if (prediction.dtype !== 'float32') checkFloat('MSELoss', 'the prediction', prediction.dtype)
    if (!sameShape(prediction.shape, target.shape)) {
      const hint =
        prediction.length === target.length
          ? `use target.reshape([${prediction.shape.join(', ')}])`
          : undefined
      throw new ShapeError(
        complaint(
          'MSELoss',
          'the target',
          `of the prediction's shape ${formatShape(prediction.shape)}`,
          `shape ${formatShape(target.shape)}`,
          hint,
        ),
      )
    }
    if (target.dtype !== prediction.dtype) {
      throw new DTypeError(
        complaint(
          'MSELoss',
          'the target',
          `${prediction.dtype} as the prediction is`,
          target.dtype,
          `use target.to('${prediction.dtype}')`,
        ),
      )
    }
  }
}
