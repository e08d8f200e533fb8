import { checkArguments } from '../check.js'
import { complaint, ShapeError } from '../errors.js'
import { finite, type Options, readOptions } from '../options.js'
import { add, div, mul, sub } from '../ops/binary.js'
import { checkOperands } from '../ops/check.js'
import { clamp } from '../ops/clamp.js'
import { eq, where } from '../ops/mask.js'
import { sum } from '../ops/reduce.js'
import { sqrt, square } from '../ops/unary.js'
import { formatShape, type Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { CRITERION, type CriterionOptions, type ReductionName } from './criterion.js'
import { FreeLoss, type ThreeGradients } from './free-loss.js'
import { nonDefault } from './pointwise-loss.js'

export interface CosineEmbeddingLossOptions extends CriterionOptions {
  /** Up to which cosine unlike pairs cost nothing, from -1 to 1. Default 0. */
  margin?: number
}

const OPTIONS = { ...CRITERION, margin: finite(0) } satisfies Options<CosineEmbeddingLossOptions>

/** Added to squared lengths, so that nothing is divided by 0. */
const EPSILON = 1e-12

/**
 * For pairs of vectors that are alike (target 1) or not (target -1): 1 - cos where they are alike,
 * max(0, cos - margin) where they are not, with the cosine of the angle between them; averaged over all pairs.
 *
 * Shapes: both of the vectors (N, D) and the target (N), or (D) and 0-d, float or int32; the loss is 0-d, or
 * of the target's shape for reduction `none`.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CosineEmbeddingLoss.html
 */
export class CosineEmbeddingLoss extends FreeLoss<
  [first: Tensor, second: Tensor, target: Tensor],
  ThreeGradients
> {
  readonly margin: number
  readonly reduction: ReductionName

  /** @throws ValueError for another reduction or a margin that is not finite. */
  constructor(options: CosineEmbeddingLossOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    const { margin, reduction } = readOptions('CosineEmbeddingLoss', OPTIONS, options)
    this.margin = margin
    this.reduction = reduction
  }

  override forward(first: Tensor, second: Tensor, target: Tensor): Tensor {
    this.#check(first, second, target)
    const length = (x: Tensor): Tensor => add(sum(square(x), -1), EPSILON)
    const product = sum(mul(first, second), -1)
    const cosine = div(product, sqrt(mul(length(first), length(second))))
    const alike = where(eq(target, 1), sub(1, cosine), 0)
    const apart = where(eq(target, -1), clamp(sub(cosine, this.margin), 0), 0)
    return this.reduced(add(alike, apart))
  }

  #check(first: Tensor, second: Tensor, target: Tensor): void {
    const who = this.constructor.name
    checkOperands(who, first, second)
    const { shape } = first
    const rank = shape.length
    const fits = (rank === 1 || rank === 2) && sameShape(shape, second.shape)
    if (fits && sameShape(target.shape, shape.slice(0, -1))) return
    const got = [first, second, target].map((one) => formatShape(one.shape)).join(', ')
    throw new ShapeError(
      complaint(who, 'vectors and target', 'of shapes (N, D), (N, D), (N) or (D), (D), ()', got),
    )
  }

  override extraRepr(): string {
    return nonDefault({ margin: [this.margin, 0], reduction: [this.reduction, 'mean'] })
  }
}
