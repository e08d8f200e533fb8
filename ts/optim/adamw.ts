import { checkArguments } from '../check.js'
import { type AdamOptions, adamRule } from './adam.js'
import { Optimizer, type OptimizerParams } from './optimizer.js'

/** Those of Adam; `weightDecay` defaults to 0.01. */
export type AdamWOptions = AdamOptions

const rule = adamRule('AdamW', true, 0.01)

/**
 * Adam with the weights decayed directly, not through the gradient: as `Adam`, but in place of
 * g = g + λ θ, before the step,
 *
 *     θ = θ - γ λ θ
 *
 * @see Loshchilov and Hutter, https://arxiv.org/abs/1711.05101
 * @see https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html
 */
export class AdamW extends Optimizer<Required<AdamWOptions>> {
  /**
   * @throws ValueError for an option out of its range, no parameters, or a parameter given twice.
   */
  constructor(params: OptimizerParams<Required<AdamWOptions>>, options: AdamWOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super(rule, params, options)
  }
}
