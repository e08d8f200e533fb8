import { checkArguments } from '../check.js'
import { UpdateHyper, UpdateKind } from '../kernels/kernels.js'
import { atLeast, flag, weight } from './hyper.js'
import { Optimizer, type OptimizerParams } from './optimizer.js'
import { updateRule } from './rule.js'

export interface AdadeltaOptions {
  /** Learning rate γ. Default 1. */
  lr?: number
  /** ρ, the weight of the past in the running averages. Default 0.9. */
  rho?: number
  /** ε, added under both roots. Default 1e-6. */
  eps?: number
  /** L2 penalty λ. Default 0. */
  weightDecay?: number
  /** Ascend instead of descend. Default false. */
  maximize?: boolean
}

const rule = updateRule<Required<AdadeltaOptions>>(UpdateKind.adadelta, {
  name: 'Adadelta',
  hyper: {
    lr: atLeast('lr', UpdateHyper.lr, 1),
    rho: weight('rho', UpdateHyper.beta2, 0.9),
    eps: atLeast('eps', UpdateHyper.eps, 1e-6),
    weightDecay: atLeast('weight_decay', UpdateHyper.weightDecay, 0),
    maximize: flag('maximize', UpdateHyper.maximize, false),
  },
  stateArrays: () => ['square_avg', 'acc_delta'],
})

/**
 * Adadelta: steps in the unit of the parameter, by the ratio of running averages of squared steps and
 * squared gradients. For each parameter θ with a gradient:
 *
 *     g = ∇L(θ), or -∇L(θ) to maximize
 *     g = g + λ θ
 *     v = ρ v + (1 - ρ) g²
 *     d = √(u + ε) / √(v + ε) · g
 *     u = ρ u + (1 - ρ) d²
 *     θ = θ - γ d
 *
 * State dict: `step`, `square_avg` (v) and `acc_delta` (u) for each parameter. With `eps: 0` it does not
 * move: u stays 0.
 *
 * @see Zeiler, https://arxiv.org/abs/1212.5701
 * @see https://pytorch.org/docs/stable/generated/torch.optim.Adadelta.html
 */
export class Adadelta extends Optimizer<Required<AdadeltaOptions>> {
  /**
   * @throws ValueError for an option out of its range, no parameters, or a parameter given twice.
   */
  constructor(params: OptimizerParams<Required<AdadeltaOptions>>, options: AdadeltaOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super(rule, params, options)
  }
}
