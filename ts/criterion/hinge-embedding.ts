import { checkArguments } from '../check.js'
import { finite, type Options, readOptions } from '../options.js'
import { add, sub } from '../ops/binary.js'
import { clamp } from '../ops/clamp.js'
import { eq, ne, where } from '../ops/mask.js'
import type { Tensor } from '../tensor/tensor.js'
import { CRITERION, type CriterionOptions, type ReductionName } from './criterion.js'
import { checkAlike, converted, FreeLoss } from './free-loss.js'
import { nonDefault } from './pointwise-loss.js'

export interface HingeEmbeddingLossOptions extends CriterionOptions {
  /** Distance from which on unlike pairs cost nothing. Default 1. */
  margin?: number
}

const OPTIONS = { ...CRITERION, margin: finite(1) } satisfies Options<HingeEmbeddingLossOptions>

/**
 * For distances x of pairs that are alike (target 1) or not (target -1): x where they are alike,
 * max(0, margin - x) where they are not; averaged over all elements.
 *
 * Shapes: prediction and target alike, of any shape; the target is float, or int32; the loss is 0-d, or
 * of that shape for reduction `none`.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.HingeEmbeddingLoss.html
 */
export class HingeEmbeddingLoss extends FreeLoss {
  readonly margin: number
  readonly reduction: ReductionName

  /** @throws ValueError for another reduction or a margin that is not finite. */
  constructor(options: HingeEmbeddingLossOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    const { margin, reduction } = readOptions('HingeEmbeddingLoss', OPTIONS, options)
    this.margin = margin
    this.reduction = reduction
  }

  override forward(prediction: Tensor, target: Tensor): Tensor {
    const sides = converted(target, prediction)
    checkAlike(this.constructor.name, 'the target', sides, prediction)
    const apart = where(ne(sides, 1), clamp(sub(this.margin, prediction), 0), 0)
    return this.reduced(add(apart, where(eq(sides, -1), 0, prediction)))
  }

  override extraRepr(): string {
    return nonDefault({ margin: [this.margin, 1], reduction: [this.reduction, 'mean'] })
  }
}
