import { checkArguments } from '../check.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import { isRecording } from '../kernels/backend.js'
import { atLeast, flag, type Options, readOptions } from '../options.js'
import { add, div, mul, sub } from '../ops/binary.js'
import { checkOperands } from '../ops/check.js'
import { amin } from '../ops/extremes.js'
import { lt, where } from '../ops/mask.js'
import { unsqueeze } from '../ops/reshape.js'
import { log, square } from '../ops/unary.js'
import { formatShape, type Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { CRITERION, type CriterionOptions, type ReductionName } from './criterion.js'
import { checkAlike, FreeLoss, type ThreeGradients } from './free-loss.js'
import { nonDefault } from './pointwise-loss.js'

export interface GaussianNLLLossOptions extends CriterionOptions {
  /** Whether log(2 π) / 2 is added. Default false. */
  full?: boolean
  /** Variances below it count as it; > 0. Default 1e-6. */
  eps?: number
}

const OPTIONS = {
  full: flag(false),
  eps: { ...atLeast(Number.MIN_VALUE, 1e-6), expected: 'a finite number above 0' },
  ...CRITERION,
} satisfies Options<GaussianNLLLossOptions>

/**
 * Negative log-likelihood of targets under normal distributions with predicted means and variances:
 * (log v + (mean - target)² / v) / 2 with v = max(variance, eps), averaged over all elements. The gradient
 * by the variance is that by v, also where `eps` stands for it.
 *
 * Shapes: means and targets alike, of any shape; variances of that shape, or with 1 for the last size, or
 * without the last; the loss is 0-d, or of the shape of the means for reduction `none`.
 *
 * A variance below 0 is refused; in a captured step, which cannot look at it, its loss is NaN.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.GaussianNLLLoss.html
 */
export class GaussianNLLLoss extends FreeLoss<
  [prediction: Tensor, target: Tensor, variance: Tensor],
  ThreeGradients
> {
  readonly full: boolean
  readonly eps: number
  readonly reduction: ReductionName

  /** @throws ValueError for another reduction, or an `eps` that is not a number above 0. */
  constructor(options: GaussianNLLLossOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    const { full, eps, reduction } = readOptions('GaussianNLLLoss', OPTIONS, options)
    this.full = full
    this.eps = eps
    this.reduction = reduction
  }

  override forward(prediction: Tensor, target: Tensor, variance: Tensor): Tensor {
    checkAlike(this.constructor.name, 'the target', target, prediction)
    const given = this.#checked(variance, prediction)
    const known = given.detach()
    // the gradient passes where eps stands for a variance
    const floor = add(sub(given, known), this.eps)
    const v = where(lt(known, 0), NaN, where(lt(known, this.eps), floor, given))
    const losses = mul(add(log(v), div(square(sub(prediction, target)), v)), 0.5)
    return this.reduced(this.full ? add(losses, 0.5 * Math.log(2 * Math.PI)) : losses)
  }

  /** With as many dimensions as the prediction. */
  #checked(variance: Tensor, prediction: Tensor): Tensor {
    const who = this.constructor.name
    const { shape } = prediction
    checkOperands(who, prediction, variance)
    const outer = shape.slice(0, -1)
    const isOfRows = !sameShape(variance.shape, shape) && sameShape(variance.shape, outer)
    const own = isOfRows && shape.length > 0 ? unsqueeze(variance, -1) : variance
    if (!sameShape(own.shape, shape) && !sameShape(own.shape, [...outer, 1])) {
      const expected = `of the prediction's shape ${formatShape(shape)}, or without its last size`
      const got = `shape ${formatShape(variance.shape)}`
      throw new ShapeError(complaint(who, 'the variance', expected, got))
    }
    if (!isRecording() && own.length > 0) {
      const least = amin(own.detach()).item()
      if (least < 0) throw new ValueError(complaint(who, 'the variance', 'at least 0', least))
    }
    return own
  }

  override extraRepr(): string {
    return nonDefault({
      full: [this.full, false],
      eps: [this.eps, 1e-6],
      reduction: [this.reduction, 'mean'],
    })
  }
}
