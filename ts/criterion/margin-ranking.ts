import { checkArguments } from '../check.js'
import { finite, type Options, readOptions } from '../options.js'
import { add, mul, sub } from '../ops/binary.js'
import { commonShape } from '../ops/broadcast.js'
import { checkOperands } from '../ops/check.js'
import { clamp } from '../ops/clamp.js'
import { neg } from '../ops/unary.js'
import type { Tensor } from '../tensor/tensor.js'
import { CRITERION, type CriterionOptions, type ReductionName } from './criterion.js'
import { converted, FreeLoss, type ThreeGradients } from './free-loss.js'
import { nonDefault } from './pointwise-loss.js'

export interface MarginRankingLossOptions extends CriterionOptions {
  /** By how much the higher one has to lie above the other. Default 0. */
  margin?: number
}

const OPTIONS = { ...CRITERION, margin: finite(0) } satisfies Options<MarginRankingLossOptions>

/**
 * max(0, margin - target (first - second)), averaged over all elements: the first of two scores is to be the
 * higher one where the target is 1, the second where it is -1.
 *
 * Shapes: those of the scores and of the target are broadcast to each other; the target is float, or int32;
 * the loss is 0-d, or of the common shape for reduction `none`.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MarginRankingLoss.html
 */
export class MarginRankingLoss extends FreeLoss<
  [first: Tensor, second: Tensor, target: Tensor],
  ThreeGradients
> {
  readonly margin: number
  readonly reduction: ReductionName

  /** @throws ValueError for another reduction or a margin that is not finite. */
  constructor(options: MarginRankingLossOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    const { margin, reduction } = readOptions('MarginRankingLoss', OPTIONS, options)
    this.margin = margin
    this.reduction = reduction
  }

  override forward(first: Tensor, second: Tensor, target: Tensor): Tensor {
    const who = this.constructor.name
    const sides = converted(target, first)
    checkOperands(who, first, second)
    checkOperands(who, first, sides)
    commonShape(who, commonShape(who, first.shape, second.shape), sides.shape)
    return this.reduced(clamp(add(mul(neg(sides), sub(first, second)), this.margin), 0))
  }

  override extraRepr(): string {
    return nonDefault({ margin: [this.margin, 0], reduction: [this.reduction, 'mean'] })
  }
}
