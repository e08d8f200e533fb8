import { checkArguments } from '../check.js'
import { UpdateHyper, UpdateKind } from '../kernels/kernels.js'
import { atLeast, decayRates, flag } from './hyper.js'
import { Optimizer, type OptimizerParams } from './optimizer.js'
import { updateRule } from './rule.js'

export interface RAdamOptions {
  /** Learning rate γ. Default 1e-3. */
  lr?: number
  /** Decay rates β₁ and β₂ of the running averages. Default [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** ε, keeps the denominator from 0. Default 1e-8. */
  eps?: number
  /** λ: an L2 penalty, or with `decoupledWeightDecay` a decay of the weights. Default 0. */
  weightDecay?: number
  /** Decay the weights directly, as AdamW does. Default false. */
  decoupledWeightDecay?: boolean
  /** Ascend instead of descend. Default false. */
  maximize?: boolean
}

const rule = updateRule<Required<RAdamOptions>>(UpdateKind.radam, {
  name: 'RAdam',
  hyper: {
    lr: atLeast('lr', UpdateHyper.lr, 1e-3),
    betas: decayRates('betas', [UpdateHyper.beta1, UpdateHyper.beta2], [0.9, 0.999]),
    eps: atLeast('eps', UpdateHyper.eps, 1e-8),
    weightDecay: atLeast('weight_decay', UpdateHyper.weightDecay, 0),
    decoupledWeightDecay: flag('decoupled_weight_decay', UpdateHyper.decoupled, false),
    maximize: flag('maximize', UpdateHyper.maximize, false),
  },
  stateArrays: () => ['exp_avg', 'exp_avg_sq'],
})

/**
 * RAdam: Adam that leaves out the second moment until it tells enough of the variance, and corrects
 * for it afterwards. For each parameter θ with a gradient, at its step t = 1, 2, …:
 *
 *     g = ∇L(θ), or -∇L(θ) to maximize
 *     g = g + λ θ; decoupled: θ = θ - γ λ θ
 *     m = β₁ m + (1 - β₁) g
 *     v = β₂ v + (1 - β₂) g²
 *     m̂ = m / (1 - β₁ᵗ)
 *     ρ∞ = 2 / (1 - β₂) - 1,  ρₜ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ)
 *     ρₜ > 5:     r = √((ρₜ - 4) (ρₜ - 2) ρ∞ / ((ρ∞ - 4) (ρ∞ - 2) ρₜ))
 *                 θ = θ - γ r · m̂ · √(1 - β₂ᵗ) / (√v + ε)
 *     otherwise:  θ = θ - γ m̂
 *
 * State dict: `step`, `exp_avg` (m) and `exp_avg_sq` (v) for each parameter.
 * With `eps: 0` an element whose gradients have all been exactly 0 becomes NaN (0 / 0), as in PyTorch.
 *
 * @see Liu et al., https://arxiv.org/abs/1908.03265
 * @see https://pytorch.org/docs/stable/generated/torch.optim.RAdam.html
 */
export class RAdam extends Optimizer<Required<RAdamOptions>> {
  /**
   * @throws ValueError for an option out of its range, no parameters, or a parameter given twice.
   */
  constructor(params: OptimizerParams<Required<RAdamOptions>>, options: RAdamOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super(rule, params, options)
  }
}
