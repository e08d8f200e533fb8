import { checkArguments } from '../check.js'
import { PointwiseLossKind } from '../kernels/pointwise-loss.js'
import { type Options, positive, readOptions } from '../options.js'
import { CRITERION, type CriterionOptions, type ReductionName } from './criterion.js'
import { nonDefault, PointwiseLoss } from './pointwise-loss.js'

export interface HuberLossOptions extends CriterionOptions {
  /** Distance at which the square goes over into a line, > 0. Default 1. */
  delta?: number
}

const OPTIONS = { ...CRITERION, delta: positive(1) } satisfies Options<HuberLossOptions>

/**
 * With d = prediction - target: d^2 / 2 where |d| < delta, delta (|d| - delta / 2) elsewhere; averaged
 * over all elements.
 *
 * Shapes: prediction and target alike, of any shape; the loss is 0-d, or of that shape for reduction
 * `none`.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html
 */
export class HuberLoss extends PointwiseLoss {
  readonly delta: number
  readonly reduction: ReductionName

  /** @throws ValueError for another reduction or a delta that is not a number above 0. */
  constructor(options: HuberLossOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    const { delta, reduction } = readOptions('HuberLoss', OPTIONS, options)
    super(PointwiseLossKind.huber, delta, reduction)
    this.delta = delta
    this.reduction = reduction
  }

  override extraRepr(): string {
    return nonDefault({ delta: [this.delta, 1], reduction: [this.reduction, 'mean'] })
  }
}
