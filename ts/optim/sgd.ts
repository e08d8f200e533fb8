import { checkArguments } from '../check.js'
import { UpdateHyper, UpdateKind } from '../kernels/kernels.js'
import { atLeast, finite, flag } from './hyper.js'
import { Optimizer, type OptimizerParams } from './optimizer.js'
import { updateRule } from './rule.js'

export interface SGDOptions {
  /** Learning rate γ. Default 1e-3. */
  lr?: number
  /** μ. Default 0. */
  momentum?: number
  /** τ. Default 0. */
  dampening?: number
  /** L2 penalty λ. Default 0. */
  weightDecay?: number
  /** Needs a momentum and no dampening. Default false. */
  nesterov?: boolean
  /** Ascend instead of descend. Default false. */
  maximize?: boolean
}

const rule = updateRule<Required<SGDOptions>>(UpdateKind.sgd, {
  name: 'SGD',
  hyper: {
    lr: atLeast('lr', UpdateHyper.lr, 1e-3),
    momentum: atLeast('momentum', UpdateHyper.momentum, 0),
    dampening: finite('dampening', UpdateHyper.dampening, 0),
    weightDecay: atLeast('weight_decay', UpdateHyper.weightDecay, 0),
    nesterov: flag('nesterov', UpdateHyper.nesterov, false),
    maximize: flag('maximize', UpdateHyper.maximize, false),
  },
  conflict: ({ nesterov, momentum, dampening }) =>
    nesterov && (momentum === 0 || dampening !== 0)
      ? `nesterov needs momentum > 0 and dampening = 0, got momentum ${momentum} and dampening ${dampening}`
      : undefined,
  stateArrays: ({ momentum }) => (momentum === 0 ? [] : ['momentum_buffer']),
  countsSteps: false,
})

/**
 * Stochastic gradient descent, with momentum and Nesterov's variant. For each parameter θ with a
 * gradient:
 *
 *     g = ∇L(θ), or -∇L(θ) to maximize
 *     g = g + λ θ
 *     with momentum:  b = g on the first step, μ b + (1 - τ) g afterwards
 *                     g = g + μ b with Nesterov, else b
 *     θ = θ - γ g
 *
 * State dict: `momentum_buffer` (b) for each parameter, when there is momentum.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 *
 * @example
 * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9, nesterov: true })
 */
export class SGD extends Optimizer<Required<SGDOptions>> {
  /**
   * @throws ValueError for an option out of its range, no parameters, or a parameter given twice.
   */
  constructor(params: OptimizerParams<Required<SGDOptions>>, options: SGDOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super(rule, params, options)
  }
}
