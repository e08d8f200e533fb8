import { checkArguments } from '../check.js'
import { UpdateHyper, UpdateKind } from '../kernels/kernels.js'
import { atLeast, flag, pair } from './hyper.js'
import { Optimizer, type OptimizerParams } from './optimizer.js'
import { updateRule } from './rule.js'

export interface RpropOptions {
  /** Learning rate γ: the first step of every element. Default 0.01. */
  lr?: number
  /** η⁻ and η⁺, what a step is multiplied by: 0 < η⁻ < 1 < η⁺. Default [0.5, 1.2]. */
  etas?: readonly [number, number]
  /** The shortest and the longest step. Default [1e-6, 50]. */
  stepSizes?: readonly [number, number]
  /** Ascend instead of descend. Default false. */
  maximize?: boolean
}

const rule = updateRule<Required<RpropOptions>>(UpdateKind.rprop, {
  name: 'Rprop',
  hyper: {
    lr: atLeast('lr', UpdateHyper.lr, 1e-2),
    etas: pair(
      'etas',
      [UpdateHyper.etaMinus, UpdateHyper.etaPlus],
      [0.5, 1.2],
      'two numbers, one between 0 and 1 and one above 1',
      (minus, plus) => minus > 0 && minus < 1 && plus > 1,
    ),
    stepSizes: pair(
      'step_sizes',
      [UpdateHyper.stepSizeMin, UpdateHyper.stepSizeMax],
      [1e-6, 50],
      'two numbers of at least 0 that do not fall',
      (least, most) => least >= 0 && least <= most,
    ),
    maximize: flag('maximize', UpdateHyper.maximize, false),
  },
  stateArrays: () => ['prev', 'step_size'],
})

/**
 * Resilient backpropagation: each element has a step of its own, which grows while its gradient keeps
 * its sign and shrinks when it turns; how large the gradient is does not matter. It is for gradients of
 * the whole training set: between small batches signs turn by chance. For each parameter θ with a
 * gradient, starting from g' = 0 and s = γ:
 *
 *     g = ∇L(θ), or -∇L(θ) to maximize
 *     g g' > 0:  s = min(s η⁺, longest)
 *     g g' < 0:  s = max(s η⁻, shortest),  g = 0
 *     θ = θ - s sign(g)
 *     g' = g
 *
 * A NaN moves nothing. `lr` counts at the first step of a parameter alone: later the steps of its
 * elements do. State dict: `step`, `prev` (g') and `step_size` (s) for each parameter.
 *
 * @see Riedmiller and Braun, https://doi.org/10.1109/ICNN.1993.298623
 * @see https://pytorch.org/docs/stable/generated/torch.optim.Rprop.html
 *
 * @example
 * const optimizer = new optim.Rprop(model.parameters())
 */
export class Rprop extends Optimizer<Required<RpropOptions>> {
  /**
   * @throws ValueError for an option out of its range, no parameters, or a parameter given twice.
   */
  constructor(params: OptimizerParams<Required<RpropOptions>>, options: RpropOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super(rule, params, options)
  }
}
