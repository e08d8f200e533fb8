import { checkArguments } from '../check.js'
import { atLeast, flag, type Options, readOptions } from '../options.js'
import { add, mul, sub } from '../ops/binary.js'
import { le, where } from '../ops/mask.js'
import { exp, log } from '../ops/unary.js'
import type { Tensor } from '../tensor/tensor.js'
import { CRITERION, type CriterionOptions, type ReductionName } from './criterion.js'
import { checkAlike, converted, FreeLoss } from './free-loss.js'
import { nonDefault } from './pointwise-loss.js'

export interface PoissonNLLLossOptions extends CriterionOptions {
  /** Whether predictions are logarithms of the expected counts. Default true. */
  logInput?: boolean
  /** Whether Stirling's approximation of log(target!) is added. Default false. */
  full?: boolean
  /** Added to expected counts before their logarithm, where `logInput` is false. Default 1e-8. */
  eps?: number
}

const OPTIONS = {
  logInput: flag(true),
  full: flag(false),
  eps: atLeast(0, 1e-8),
  ...CRITERION,
} satisfies Options<PoissonNLLLossOptions>

/**
 * Negative log-likelihood of counts y under Poisson distributions: exp(x) - y x, or x - y log(x + eps) with
 * `logInput: false`; with `full` also y log y - y + log(2 π y) / 2 where y > 1; averaged over all elements.
 *
 * Shapes: prediction and target alike, of any shape; the target is float, or int32; the loss is 0-d, or of
 * that shape for reduction `none`.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.PoissonNLLLoss.html
 */
export class PoissonNLLLoss extends FreeLoss {
  readonly logInput: boolean
  readonly full: boolean
  readonly eps: number
  readonly reduction: ReductionName

  /** @throws ValueError for another reduction, or an `eps` below 0 or not finite. */
  constructor(options: PoissonNLLLossOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    const { logInput, full, eps, reduction } = readOptions('PoissonNLLLoss', OPTIONS, options)
    this.logInput = logInput
    this.full = full
    this.eps = eps
    this.reduction = reduction
  }

  override forward(prediction: Tensor, target: Tensor): Tensor {
    const counts = converted(target, prediction)
    checkAlike(this.constructor.name, 'the target', counts, prediction)
    const losses = this.logInput
      ? sub(exp(prediction), mul(counts, prediction))
      : sub(prediction, mul(counts, log(add(prediction, this.eps))))
    return this.reduced(this.full ? add(losses, stirling(counts)) : losses)
  }

  override extraRepr(): string {
    return nonDefault({
      logInput: [this.logInput, true],
      full: [this.full, false],
      eps: [this.eps, 1e-8],
      reduction: [this.reduction, 'mean'],
    })
  }
}

/** Of log(y!), 0 where y ≤ 1. */
function stirling(counts: Tensor): Tensor {
  const few = le(counts, 1)
  const y = where(few, 1, counts)
  const half = mul(log(mul(y, 2 * Math.PI)), 0.5)
  return where(few, 0, add(sub(mul(y, log(y)), y), half))
}
