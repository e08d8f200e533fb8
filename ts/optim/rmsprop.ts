import { checkArguments } from '../check.js'
import { UpdateHyper, UpdateKind } from '../kernels/kernels.js'
import { atLeast, flag, weight } from './hyper.js'
import { Optimizer, type OptimizerParams } from './optimizer.js'
import { updateRule } from './rule.js'

export interface RMSpropOptions {
  /** Learning rate γ. Default 0.01. */
  lr?: number
  /** α, the weight of the past in the running averages. Default 0.99. */
  alpha?: number
  /** ε, keeps the denominator from 0. Default 1e-8. */
  eps?: number
  /** L2 penalty λ. Default 0. */
  weightDecay?: number
  /** μ. Default 0. */
  momentum?: number
  /** Divide by an estimate of the standard deviation. Default false. */
  centered?: boolean
  /** Ascend instead of descend. Default false. */
  maximize?: boolean
}

const rule = updateRule<Required<RMSpropOptions>>(UpdateKind.rmsprop, {
  name: 'RMSprop',
  hyper: {
    lr: atLeast('lr', UpdateHyper.lr, 1e-2),
    alpha: weight('alpha', UpdateHyper.beta2, 0.99),
    eps: atLeast('eps', UpdateHyper.eps, 1e-8),
    weightDecay: atLeast('weight_decay', UpdateHyper.weightDecay, 0),
    momentum: atLeast('momentum', UpdateHyper.momentum, 0),
    centered: flag('centered', UpdateHyper.centered, false),
    maximize: flag('maximize', UpdateHyper.maximize, false),
  },
  stateArrays: ({ momentum, centered }) => [
    'square_avg',
    momentum === 0 ? null : 'momentum_buffer',
    centered ? 'grad_avg' : null,
  ],
})

/**
 * RMSprop: steps scaled by a running average of the squared gradient. For each parameter θ with a
 * gradient:
 *
 *     g = ∇L(θ), or -∇L(θ) to maximize
 *     g = g + λ θ
 *     v = α v + (1 - α) g²
 *     centered:       a = α a + (1 - α) g,  v̂ = v - a²; otherwise v̂ = v
 *     d = g / (√v̂ + ε)
 *     with momentum:  b = μ b + d,  d = b
 *     θ = θ - γ d
 *
 * State dict: `step`, `square_avg` (v), with momentum `momentum_buffer` (b), centered `grad_avg` (a).
 * With `eps: 0` an element whose gradients have all been exactly 0 becomes NaN (0 / 0), as in PyTorch.
 * Centered, it becomes NaN too where rounding takes v - a² below 0.
 *
 * @see Tieleman and Hinton, lecture 6.5, https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf;
 *   centered: Graves, https://arxiv.org/abs/1308.0850
 * @see https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
 */
export class RMSprop extends Optimizer<Required<RMSpropOptions>> {
  /**
   * @throws ValueError for an option out of its range, no parameters, or a parameter given twice.
   */
  constructor(params: OptimizerParams<Required<RMSpropOptions>>, options: RMSpropOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super(rule, params, options)
  }
}
