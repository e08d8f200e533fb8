import { checkArguments } from '../check.js'
import { finite, flag, type Option, type Options, readOptions } from '../options.js'
import { add, minimum, sub } from '../ops/binary.js'
import { commonShape } from '../ops/broadcast.js'
import { checkOperands } from '../ops/check.js'
import { clamp } from '../ops/clamp.js'
import { norm } from '../ops/norm.js'
import type { Tensor } from '../tensor/tensor.js'
import { CRITERION, type CriterionOptions, type ReductionName } from './criterion.js'
import { FreeLoss, type ThreeGradients } from './free-loss.js'
import { nonDefault } from './pointwise-loss.js'

export interface TripletMarginLossOptions extends CriterionOptions {
  /** By how much the negative has to be farther off than the positive. Default 1. */
  margin?: number
  /** The norm that distances are measured by, > 0 or Infinity. Default 2. */
  p?: number
  /** Added to differences, so that no distance is 0. Default 1e-6. */
  eps?: number
  /** Whether the negative's distance from the positive counts where it is the smaller one. Default false. */
  swap?: boolean
}

const NORM: Option<number> = {
  initial: 2,
  expected: 'a number above 0, or Infinity',
  accepts: (value) => typeof value === 'number' && value > 0,
}

const OPTIONS = {
  margin: finite(1),
  p: NORM,
  eps: finite(1e-6),
  swap: flag(false),
  ...CRITERION,
} satisfies Options<TripletMarginLossOptions>

/**
 * max(0, d(anchor, positive) - d(anchor, negative) + margin) with d(a, b) = |a - b + eps|_p, averaged over
 * the triplets: what is alike is to lie closer than what is not.
 *
 * Shapes: all three (N, D), or (D); the loss is 0-d, or (N) for reduction `none`.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.TripletMarginLoss.html
 */
export class TripletMarginLoss extends FreeLoss<
  [anchor: Tensor, positive: Tensor, negative: Tensor],
  ThreeGradients
> {
  readonly margin: number
  readonly p: number
  readonly eps: number
  readonly swap: boolean
  readonly reduction: ReductionName

  /** @throws ValueError for another reduction or norm, or a margin or `eps` that is not finite. */
  constructor(options: TripletMarginLossOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    const { margin, p, eps, swap, reduction } = readOptions('TripletMarginLoss', OPTIONS, options)
    this.margin = margin
    this.p = p
    this.eps = eps
    this.swap = swap
    this.reduction = reduction
  }

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const who = this.constructor.name
    checkOperands(who, anchor, positive)
    checkOperands(who, anchor, negative)
    commonShape(who, commonShape(who, anchor.shape, positive.shape), negative.shape)
    const near = this.#distance(anchor, positive)
    const far = this.#distance(anchor, negative)
    const other = this.swap ? minimum(far, this.#distance(positive, negative)) : far
    return this.reduced(clamp(add(sub(near, other), this.margin), 0))
  }

  #distance(a: Tensor, b: Tensor): Tensor {
    return norm(add(sub(a, b), this.eps), this.p, -1)
  }

  override extraRepr(): string {
    return nonDefault({
      margin: [this.margin, 1],
      p: [this.p, 2],
      eps: [this.eps, 1e-6],
      swap: [this.swap, false],
      reduction: [this.reduction, 'mean'],
    })
  }
}
