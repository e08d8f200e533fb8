import { checkArguments } from '../check.js'
import { PointwiseLossKind } from '../kernels/pointwise-loss.js'
import { readOptions } from '../options.js'
import { CRITERION, type CriterionOptions, type ReductionName } from './criterion.js'
import { nonDefault, PointwiseLoss } from './pointwise-loss.js'

/**
 * (prediction - target)^2, averaged over all elements.
 *
 * Shapes: prediction and target alike, of any shape; the loss is 0-d, or of that shape for reduction
 * `none`.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html
 */
export class MSELoss extends PointwiseLoss {
  readonly reduction: ReductionName

  /** @throws ValueError for another reduction. */
  constructor(options: CriterionOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    const { reduction } = readOptions('MSELoss', CRITERION, options)
    super(PointwiseLossKind.mse, 0, reduction)
    this.reduction = reduction
  }

  override extraRepr(): string {
    return nonDefault({ reduction: [this.reduction, 'mean'] })
  }
}
