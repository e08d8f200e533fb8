import { checkArguments } from '../check.js'
import { UpdateHyper, UpdateKind } from '../kernels/kernels.js'
import { atLeast, decayRates, flag } from './hyper.js'
import { Optimizer, type OptimizerParams } from './optimizer.js'
import { updateRule } from './rule.js'

export interface AdamaxOptions {
  /** Learning rate γ. Default 2e-3. */
  lr?: number
  /** Decay rates β₁ and β₂ of the running averages. Default [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** ε, added to |g|. Default 1e-8. */
  eps?: number
  /** L2 penalty λ. Default 0. */
  weightDecay?: number
  /** Ascend instead of descend. Default false. */
  maximize?: boolean
}

const rule = updateRule<Required<AdamaxOptions>>(UpdateKind.adamax, {
  name: 'Adamax',
  hyper: {
    lr: atLeast('lr', UpdateHyper.lr, 2e-3),
    betas: decayRates('betas', [UpdateHyper.beta1, UpdateHyper.beta2], [0.9, 0.999]),
    eps: atLeast('eps', UpdateHyper.eps, 1e-8),
    weightDecay: atLeast('weight_decay', UpdateHyper.weightDecay, 0),
    maximize: flag('maximize', UpdateHyper.maximize, false),
  },
  stateArrays: () => ['exp_avg', 'exp_inf'],
})

/**
 * Adamax: Adam with the largest gradient in place of the second moment. For each parameter θ with a
 * gradient, at its step t = 1, 2, …:
 *
 *     g = ∇L(θ), or -∇L(θ) to maximize
 *     g = g + λ θ
 *     m = β₁ m + (1 - β₁) g
 *     u = max(β₂ u, |g| + ε)
 *     θ = θ - γ / (1 - β₁ᵗ) · m / u
 *
 * State dict: `step`, `exp_avg` (m) and `exp_inf` (u) for each parameter.
 * With `eps: 0` an element whose gradients have all been exactly 0 becomes NaN (0 / 0), as in PyTorch.
 *
 * @see Kingma and Ba, section 7.1, https://arxiv.org/abs/1412.6980
 * @see https://pytorch.org/docs/stable/generated/torch.optim.Adamax.html
 */
export class Adamax extends Optimizer<Required<AdamaxOptions>> {
  /**
   * @throws ValueError for an option out of its range, no parameters, or a parameter given twice.
   */
  constructor(params: OptimizerParams<Required<AdamaxOptions>>, options: AdamaxOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super(rule, params, options)
  }
}
