import { checkArguments } from '../check.js'
import { PointwiseLossKind } from '../kernels/pointwise-loss.js'
import { choice, flag, type Options, readOptions } from '../options.js'
import type { Tensor } from '../tensor/tensor.js'
import type { ReductionName } from './criterion.js'
import { nonDefault, PointwiseLoss } from './pointwise-loss.js'

export interface KLDivLossOptions {
  /**
   * `batchmean` divides the sum by the batch size (the first dimension), which is what the formula
   * means; `mean` divides by the number of elements. Default `mean`, as in PyTorch.
   */
  reduction?: ReductionName | 'batchmean'
  /** Whether the target holds logarithms of probabilities, as the prediction does. Default false. */
  logTarget?: boolean
}

const OPTIONS = {
  reduction: choice(['none', 'batchmean', 'mean', 'sum'], 'mean'),
  logTarget: flag(false),
} satisfies Options<KLDivLossOptions>

/**
 * Kullback-Leibler divergence of log-probabilities x from a target y: y (log y - x), or exp(y) (y - x)
 * with `logTarget`; averaged over all elements. Where the target's probability is 0 the loss is 0,
 * also of a prediction that is not finite (NaN in PyTorch).
 *
 * Shapes: prediction and target alike, of any shape; the loss is 0-d, or of that shape for reduction
 * `none`.
 *
 * @example
 * new nn.KLDivLoss({ reduction: 'batchmean' }).forward(logSoftmax(logits), softmax(teacher))
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html
 */
export class KLDivLoss extends PointwiseLoss {
  readonly logTarget: boolean
  readonly reduction: ReductionName | 'batchmean'

  /** @throws ValueError for another reduction. */
  constructor(options: KLDivLossOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    const { reduction, logTarget } = readOptions('KLDivLoss', OPTIONS, options)
    const kind = logTarget ? PointwiseLossKind.klDivLogTarget : PointwiseLossKind.klDiv
    super(kind, 0, reduction === 'batchmean' ? 'sum' : reduction)
    this.logTarget = logTarget
    this.reduction = reduction
  }

  protected override divisor(prediction: Tensor): number {
    if (this.reduction !== 'batchmean') return super.divisor(prediction)
    return prediction.shape[0] ?? 1
  }

  override extraRepr(): string {
    return nonDefault({ reduction: [this.reduction, 'mean'], logTarget: [this.logTarget, false] })
  }
}
