import { checkArguments } from '../check.js'
import * as options from '../options.js'
import { UpdateHyper, UpdateKind } from '../kernels/kernels.js'
import { atLeast, flag, unread } from './hyper.js'
import { Optimizer, type OptimizerParams } from './optimizer.js'
import { updateRule } from './rule.js'

export interface AdagradOptions {
  /** Learning rate γ. Default 0.01. */
  lr?: number
  /** η: the learning rate falls as 1 / (1 + (t - 1) η). Default 0. */
  lrDecay?: number
  /** L2 penalty λ. Default 0. */
  weightDecay?: number
  /** s before the first step, or before a state dict is loaded. Default 0. */
  initialAccumulatorValue?: number
  /** ε, keeps the denominator from 0. Default 1e-10. */
  eps?: number
  /** Ascend instead of descend. Default false. */
  maximize?: boolean
}

const rule = updateRule<Required<AdagradOptions>>(UpdateKind.adagrad, {
  name: 'Adagrad',
  hyper: {
    lr: atLeast('lr', UpdateHyper.lr, 1e-2),
    lrDecay: atLeast('lr_decay', UpdateHyper.lrDecay, 0),
    weightDecay: atLeast('weight_decay', UpdateHyper.weightDecay, 0),
    initialAccumulatorValue: unread('initial_accumulator_value', options.atLeast(0, 0)),
    eps: atLeast('eps', UpdateHyper.eps, 1e-10),
    maximize: flag('maximize', UpdateHyper.maximize, false),
  },
  stateArrays: () => ['sum'],
  initialState: ({ initialAccumulatorValue }) => initialAccumulatorValue,
})

/**
 * Adagrad: steps scaled by the root of the sum of all squared gradients. For each parameter θ with a
 * gradient, at its step t = 1, 2, …:
 *
 *     g = ∇L(θ), or -∇L(θ) to maximize
 *     g = g + λ θ
 *     s = s + g²
 *     θ = θ - γ / (1 + (t - 1) η) · g / (√s + ε)
 *
 * State dict: `step` and `sum` (s) for each parameter, also for those that were never updated.
 * With `eps: 0` an element whose gradients have all been exactly 0 becomes NaN (0 / 0), as in PyTorch.
 *
 * @see Duchi et al., https://jmlr.org/papers/v12/duchi11a.html
 * @see https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
 */
export class Adagrad extends Optimizer<Required<AdagradOptions>> {
  /**
   * @throws ValueError for an option out of its range, no parameters, or a parameter given twice.
   */
  constructor(params: OptimizerParams<Required<AdagradOptions>>, options: AdagradOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super(rule, params, options)
  }
}
