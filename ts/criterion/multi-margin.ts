import { checkArguments } from '../check.js'
import { finite, type Options, readOptions, unchecked } from '../options.js'
import { add, mul } from '../ops/binary.js'
import { checkOperands } from '../ops/check.js'
import { eq, gt, logicalAnd, ne, where } from '../ops/mask.js'
import { mean, sum } from '../ops/reduce.js'
import { unsqueeze } from '../ops/reshape.js'
import { square } from '../ops/unary.js'
import { arange } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { checkClassCount, checkClassWeight } from './classes.js'
import { CRITERION, type CriterionOptions, type ReductionName } from './criterion.js'
import { FreeLoss } from './free-loss.js'
import { NLLLoss } from './nll.js'
import { nonDefault } from './pointwise-loss.js'

export interface MultiMarginLossOptions extends CriterionOptions {
  /** The power, 1 or 2. Default 1. */
  p?: 1 | 2
  /** By how much the score of the right class has to lie above the others. Default 1. */
  margin?: number
  /** Weight of each class, shape (C). Default: 1 for all. */
  weight?: Tensor
}

const OPTIONS = {
  p: { initial: 1, expected: '1 or 2', accepts: (value) => value === 1 || value === 2 },
  margin: finite(1),
  weight: unchecked<Tensor>(),
  ...CRITERION,
} satisfies Options<MultiMarginLossOptions>

/** No class: none is left out. */
const NOTHING = -(2 ** 31)

/**
 * Hinge loss of several classes with scores x: weight[y] Σ_j max(0, margin - x[y] + x[j])^p / C, over the
 * classes j other than the right one, y; averaged over the samples.
 *
 * Shapes: prediction (N, C) and target (N), or (C) and 0-d, class indices of int32 or uint8; the loss is 0-d,
 * or of the target's shape for reduction `none`.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MultiMarginLoss.html
 */
export class MultiMarginLoss extends FreeLoss {
  readonly p: 1 | 2
  readonly margin: number
  readonly weight: Tensor | null
  readonly reduction: ReductionName
  readonly #picked = new NLLLoss({ reduction: 'none', ignoreIndex: NOTHING })

  /**
   * @throws ValueError for another reduction or power, a margin that is not finite or a weight that is no
   *   tensor.
   * @throws ShapeError, DTypeError when weight is not a float vector.
   */
  constructor(options: MultiMarginLossOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    const { p, margin, weight, reduction } = readOptions('MultiMarginLoss', OPTIONS, options)
    checkClassWeight('MultiMarginLoss', weight)
    this.p = p
    this.margin = margin
    this.weight = weight ?? null
    this.reduction = reduction
  }

  override forward(prediction: Tensor, target: Tensor): Tensor {
    const { p, margin, weight } = this
    checkOperands(this.constructor.name, prediction)
    const minusOwn = this.#picked.forward(prediction, target)
    const classes = prediction.shape.at(-1)!
    checkClassCount(this.constructor.name, weight, classes, prediction)
    const labels = unsqueeze(target.to('int32'), -1)
    const all = arange(classes, { dtype: 'int32' })
    const short = add(add(prediction, unsqueeze(minusOwn, -1)), margin)
    const hinge = where(logicalAnd(gt(short, 0), ne(all, labels)), short, 0)
    const losses = mean(p === 2 ? square(hinge) : hinge, -1)
    if (weight === null) return this.reduced(losses)
    const own = sum(where(eq(all, labels), weight.to(prediction.dtype), 0), -1)
    return this.reduced(mul(losses, own))
  }

  override extraRepr(): string {
    return nonDefault({
      p: [this.p, 1],
      margin: [this.margin, 1],
      reduction: [this.reduction, 'mean'],
    })
  }
}
