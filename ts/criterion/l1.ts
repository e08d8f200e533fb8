import { checkArguments } from '../check.js'
import { PointwiseLossKind } from '../kernels/pointwise-loss.js'
import { readOptions } from '../options.js'
import { CRITERION, type CriterionOptions, type ReductionName } from './criterion.js'
import { nonDefault, PointwiseLoss } from './pointwise-loss.js'

/**
 * |prediction - target|, averaged over all elements. The gradient where they are equal is 0.
 *
 * Shapes: prediction and target alike, of any shape; the loss is 0-d, or of that shape for reduction
 * `none`.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.L1Loss.html
 */
export class L1Loss extends PointwiseLoss {
  readonly reduction: ReductionName

  /** @throws ValueError for another reduction. */
  constructor(options: CriterionOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    const { reduction } = readOptions('L1Loss', CRITERION, options)
    super(PointwiseLossKind.smoothL1, 0, reduction)
    this.reduction = reduction
  }

  override extraRepr(): string {
    return nonDefault({ reduction: [this.reduction, 'mean'] })
  }
}
