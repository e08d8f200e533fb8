import { checkArguments } from '../check.js'
import { complaint, ShapeError } from '../errors.js'
import { type Options, readOptions, unchecked } from '../options.js'
import { mean } from '../ops/reduce.js'
import type { Tensor } from '../tensor/tensor.js'
import { BCEWithLogitsLoss } from './bce-with-logits.js'
import { checkClassWeight } from './classes.js'
import { CRITERION, type CriterionOptions, type ReductionName } from './criterion.js'
import { checkAlike, converted, FreeLoss } from './free-loss.js'
import { nonDefault } from './pointwise-loss.js'

export interface MultiLabelSoftMarginLossOptions extends CriterionOptions {
  /** Weight of each class, shape (C). Default: 1 for all. */
  weight?: Tensor
}

const OPTIONS = {
  weight: unchecked<Tensor>(),
  ...CRITERION,
} satisfies Options<MultiLabelSoftMarginLossOptions>

/**
 * Any number of classes may be true at once: `BCEWithLogitsLoss` of each, averaged over the classes and then
 * over the samples.
 *
 * Shapes: prediction and target (…, C) alike, the target 0 or 1, float or uint8; the loss is 0-d, or (…) for
 * reduction `none`.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MultiLabelSoftMarginLoss.html
 */
export class MultiLabelSoftMarginLoss extends FreeLoss {
  readonly weight: Tensor | null
  readonly reduction: ReductionName
  readonly #each: BCEWithLogitsLoss

  /**
   * @throws ValueError for another reduction or a weight that is no tensor.
   * @throws ShapeError, DTypeError when weight is not a float vector.
   */
  constructor(options: MultiLabelSoftMarginLossOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    const { weight, reduction } = readOptions('MultiLabelSoftMarginLoss', OPTIONS, options)
    checkClassWeight('MultiLabelSoftMarginLoss', weight)
    this.weight = weight ?? null
    this.reduction = reduction
    this.#each = new BCEWithLogitsLoss({ reduction: 'none', ...(weight && { weight }) })
  }

  override get threshold(): number {
    return 0
  }

  override forward(prediction: Tensor, target: Tensor): Tensor {
    const who = this.constructor.name
    const labels = converted(target, prediction)
    checkAlike(who, 'the target', labels, prediction)
    if (prediction.ndim === 0) {
      throw new ShapeError(complaint(who, 'the prediction', 'of shape (…, C)', 'shape ()'))
    }
    return this.reduced(mean(this.#each.forward(prediction, labels), -1))
  }

  override extraRepr(): string {
    return nonDefault({ reduction: [this.reduction, 'mean'] })
  }
}
