import { checkArguments } from '../check.js'
import { UpdateHyper, UpdateKind } from '../kernels/kernels.js'
import { atLeast, decayRates, flag } from './hyper.js'
import { Optimizer, type OptimizerParams } from './optimizer.js'
import { updateRule, type UpdateRule } from './rule.js'

export interface AdamOptions {
  /** Learning rate γ. Default 1e-3. */
  lr?: number
  /** Decay rates β₁ and β₂ of the running averages. Default [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** ε, keeps the denominator from 0. Default 1e-8. */
  eps?: number
  /** λ: an L2 penalty in Adam (default 0), a decay of the weights in AdamW (default 0.01). */
  weightDecay?: number
  /** Divide by the largest second moment so far. Default false. */
  amsgrad?: boolean
  /** Ascend instead of descend. Default false. */
  maximize?: boolean
  /** Divide the averages by 1 - βᵗ, since they start from 0. Default true. */
  biasCorrection?: boolean
}

/** @internal The rule of Adam, or of AdamW with `decoupled` decay. */
export function adamRule(
  name: string,
  decoupled: boolean,
  weightDecay: number,
): UpdateRule<Required<AdamOptions>> {
  return updateRule(UpdateKind.adam, {
    name,
    hyper: {
      lr: atLeast('lr', UpdateHyper.lr, 1e-3),
      betas: decayRates('betas', [UpdateHyper.beta1, UpdateHyper.beta2], [0.9, 0.999]),
      eps: atLeast('eps', UpdateHyper.eps, 1e-8),
      weightDecay: atLeast('weight_decay', UpdateHyper.weightDecay, weightDecay),
      amsgrad: flag('amsgrad', UpdateHyper.amsgrad, false),
      maximize: flag('maximize', UpdateHyper.maximize, false),
      biasCorrection: flag('bias_correction', UpdateHyper.biasCorrection, true),
    },
    constants: [[UpdateHyper.decoupled, decoupled ? 1 : 0]],
    stateArrays: ({ amsgrad }) =>
      amsgrad ? ['exp_avg', 'exp_avg_sq', 'max_exp_avg_sq'] : ['exp_avg', 'exp_avg_sq'],
  })
}

const rule = adamRule('Adam', false, 0)

/**
 * Adam: steps scaled by running averages of the gradient and of its square. For each parameter θ with
 * a gradient, at its step t = 1, 2, …:
 *
 *     g = ∇L(θ), or -∇L(θ) to maximize
 *     g = g + λ θ
 *     m = β₁ m + (1 - β₁) g
 *     v = β₂ v + (1 - β₂) g²
 *     with AMSGrad:  v̂ = max(v̂, v), used below instead of v
 *     θ = θ - γ · m / (1 - β₁ᵗ) / (√v / √(1 - β₂ᵗ) + ε)
 *
 * Without `biasCorrection` both divisors are 1. State dict: `step`, `exp_avg` (m), `exp_avg_sq` (v)
 * and, with AMSGrad, `max_exp_avg_sq` for each parameter.
 *
 * @see Kingma and Ba, https://arxiv.org/abs/1412.6980; Reddi et al., https://arxiv.org/abs/1904.09237
 * @see https://pytorch.org/docs/stable/generated/torch.optim.Adam.html
 *
 * @example
 * const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 })
 */
export class Adam extends Optimizer<Required<AdamOptions>> {
  /**
   * @throws ValueError for an option out of its range, no parameters, or a parameter given twice.
   */
  constructor(params: OptimizerParams<Required<AdamOptions>>, options: AdamOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super(rule, params, options)
  }
}
