import { checkArguments } from '../check.js'
import { readOptions } from '../options.js'
import { mul } from '../ops/binary.js'
import { onesLike } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { BCEWithLogitsLoss } from './bce-with-logits.js'
import { CRITERION, type CriterionOptions, type ReductionName } from './criterion.js'
import { checkAlike, converted, FreeLoss } from './free-loss.js'
import { nonDefault } from './pointwise-loss.js'

/**
 * log(1 + exp(-target prediction)) for targets of 1 and -1, averaged over all elements: the logistic loss,
 * computed without overflow.
 *
 * Shapes: prediction and target alike, of any shape; the target is float, or int32; the loss is 0-d, or of
 * that shape for reduction `none`.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.SoftMarginLoss.html
 */
export class SoftMarginLoss extends FreeLoss {
  readonly reduction: ReductionName
  readonly #logistic: BCEWithLogitsLoss

  /** @throws ValueError for another reduction. */
  constructor(options: CriterionOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    const { reduction } = readOptions('SoftMarginLoss', CRITERION, options)
    this.reduction = reduction
    this.#logistic = new BCEWithLogitsLoss({ reduction })
  }

  override get threshold(): number {
    return 0
  }

  override forward(prediction: Tensor, target: Tensor): Tensor {
    const sides = converted(target, prediction)
    checkAlike(this.constructor.name, 'the target', sides, prediction)
    const margins = mul(prediction, sides)
    return this.#logistic.forward(margins, onesLike(margins))
  }

  override extraRepr(): string {
    return nonDefault({ reduction: [this.reduction, 'mean'] })
  }
}
