import { checkArguments } from '../check.js'
import { UpdateHyper, UpdateKind } from '../kernels/kernels.js'
import { atLeast, decayRates, flag } from './hyper.js'
import { Optimizer, type OptimizerParams } from './optimizer.js'
import { updateRule } from './rule.js'

export interface LionOptions {
  /** Learning rate γ. Default 1e-4. */
  lr?: number
  /** β₁ of the direction of a step, β₂ of the running average. Default [0.9, 0.99]. */
  betas?: readonly [number, number]
  /** λ, a decay of the weights. Default 0. */
  weightDecay?: number
  /** Ascend instead of descend. Default false. */
  maximize?: boolean
}

const rule = updateRule<Required<LionOptions>>(UpdateKind.lion, {
  name: 'Lion',
  hyper: {
    lr: atLeast('lr', UpdateHyper.lr, 1e-4),
    betas: decayRates('betas', [UpdateHyper.beta1, UpdateHyper.beta2], [0.9, 0.99]),
    weightDecay: atLeast('weight_decay', UpdateHyper.weightDecay, 0),
    maximize: flag('maximize', UpdateHyper.maximize, false),
  },
  constants: [[UpdateHyper.decoupled, 1]],
  stateArrays: () => ['exp_avg'],
  countsSteps: false,
})

/**
 * Lion: steps of the same length in every element, in the direction of a sign. For each parameter θ
 * with a gradient:
 *
 *     g = ∇L(θ), or -∇L(θ) to maximize
 *     θ = θ - γ λ θ
 *     θ = θ - γ sign(β₁ m + (1 - β₁) g)
 *     m = β₂ m + (1 - β₂) g
 *
 * sign(0) is 0. The paper takes a learning rate three to ten times smaller than AdamW's, with a λ as
 * many times larger. State dict: `exp_avg` (m) for each parameter.
 *
 * @see Chen et al., algorithm 2, https://arxiv.org/abs/2302.06675
 */
export class Lion extends Optimizer<Required<LionOptions>> {
  /**
   * @throws ValueError for an option out of its range, no parameters, or a parameter given twice.
   */
  constructor(params: OptimizerParams<Required<LionOptions>>, options: LionOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super(rule, params, options)
  }
}
