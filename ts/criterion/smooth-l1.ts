import { checkArguments } from '../check.js'
import { PointwiseLossKind } from '../kernels/pointwise-loss.js'
import { atLeast, type Options, readOptions } from '../options.js'
import { CRITERION, type CriterionOptions, type ReductionName } from './criterion.js'
import { nonDefault, PointwiseLoss } from './pointwise-loss.js'

export interface SmoothL1LossOptions extends CriterionOptions {
  /** Distance at which the square goes over into a line, ≥ 0; 0 makes it L1Loss. Default 1. */
  beta?: number
}

const OPTIONS = { ...CRITERION, beta: atLeast(0, 1) } satisfies Options<SmoothL1LossOptions>

/**
 * With d = prediction - target: d^2 / (2 beta) where |d| < beta, |d| - beta / 2 elsewhere; averaged
 * over all elements. It is HuberLoss / beta: slopes stay within ±1.
 *
 * Shapes: prediction and target alike, of any shape; the loss is 0-d, or of that shape for reduction
 * `none`.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html
 */
export class SmoothL1Loss extends PointwiseLoss {
  readonly beta: number
  readonly reduction: ReductionName

  /** @throws ValueError for another reduction or a beta below 0 or not finite. */
  constructor(options: SmoothL1LossOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    const { beta, reduction } = readOptions('SmoothL1Loss', OPTIONS, options)
    super(PointwiseLossKind.smoothL1, beta, reduction)
    this.beta = beta
    this.reduction = reduction
  }

  override extraRepr(): string {
    return nonDefault({ beta: [this.beta, 1], reduction: [this.reduction, 'mean'] })
  }
}
