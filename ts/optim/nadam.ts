import { checkArguments } from '../check.js'
import { UpdateHyper, UpdateKind } from '../kernels/kernels.js'
import { atLeast, decayRates, flag } from './hyper.js'
import { Optimizer, type OptimizerParams } from './optimizer.js'
import { updateRule } from './rule.js'

export interface NAdamOptions {
  /** Learning rate γ. Default 2e-3. */
  lr?: number
  /** Decay rates β₁ and β₂ of the running averages. Default [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** ε, keeps the denominator from 0. Default 1e-8. */
  eps?: number
  /** λ: an L2 penalty, or with `decoupledWeightDecay` a decay of the weights. Default 0. */
  weightDecay?: number
  /** ψ, how fast the momentum approaches β₁. Default 4e-3. */
  momentumDecay?: number
  /** Decay the weights directly, as AdamW does. Default false. */
  decoupledWeightDecay?: boolean
  /** Ascend instead of descend. Default false. */
  maximize?: boolean
}

const rule = updateRule<Required<NAdamOptions>>(UpdateKind.nadam, {
  name: 'NAdam',
  hyper: {
    lr: atLeast('lr', UpdateHyper.lr, 2e-3),
    betas: decayRates('betas', [UpdateHyper.beta1, UpdateHyper.beta2], [0.9, 0.999]),
    eps: atLeast('eps', UpdateHyper.eps, 1e-8),
    weightDecay: atLeast('weight_decay', UpdateHyper.weightDecay, 0),
    momentumDecay: atLeast('momentum_decay', UpdateHyper.momentumDecay, 4e-3),
    decoupledWeightDecay: flag('decoupled_weight_decay', UpdateHyper.decoupled, false),
    maximize: flag('maximize', UpdateHyper.maximize, false),
  },
  stateArrays: () => ['exp_avg', 'exp_avg_sq'],
  number: 'mu_product',
})

/**
 * NAdam: Adam with Nesterov's momentum. For each parameter θ with a gradient, at its step t = 1, 2, …:
 *
 *     g = ∇L(θ), or -∇L(θ) to maximize
 *     g = g + λ θ; decoupled: θ = θ - γ λ θ
 *     μₜ = β₁ (1 - ½ 0.96^(t ψ)),  M = M μₜ
 *     m = β₁ m + (1 - β₁) g
 *     v = β₂ v + (1 - β₂) g²
 *     θ = θ - γ · ((1 - μₜ) / (1 - M) · g + μₜ₊₁ / (1 - M μₜ₊₁) · m) / (√(v / (1 - β₂ᵗ)) + ε)
 *
 * State dict: `step`, `mu_product` (M, 1 before the first step; float64), `exp_avg` (m) and `exp_avg_sq`
 * (v) for each parameter.
 * With `eps: 0` an element whose gradients have all been exactly 0 becomes NaN (0 / 0), as in PyTorch.
 *
 * @see Dozat, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ
 * @see https://pytorch.org/docs/stable/generated/torch.optim.NAdam.html
 */
export class NAdam extends Optimizer<Required<NAdamOptions>> {
  /**
   * @throws ValueError for an option out of its range, no parameters, or a parameter given twice.
   */
  constructor(params: OptimizerParams<Required<NAdamOptions>>, options: NAdamOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super(rule, params, options)
  }
}
