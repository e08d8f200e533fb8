import { checkArguments } from '../../check.js'
import { FormulaLR } from './formula.js'
import { atLeastZero, type OptionTable, whole } from './options.js'
import type { Schedulable } from './scheduler.js'

export interface StepLROptions {
  /** Steps between two changes. */
  stepSize: number
  /** γ, what the learning rate is multiplied by. Default 0.1. */
  gamma?: number
}

const table: OptionTable<Required<StepLROptions>> = {
  stepSize: whole('step_size', 1),
  gamma: atLeastZero('gamma', 0.1),
}

/**
 * Multiplies the learning rate by γ every `stepSize` steps: lr(t) = lr(0) · γ^⌊t / stepSize⌋.
 *
 * State dict: `step_size`, `gamma`, `base_lrs`, `last_epoch`, `_last_lr`.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
 *
 * @example
 * const scheduler = new optim.StepLR(optimizer, { stepSize: 30, gamma: 0.1 })
 * for (let epoch = 0; epoch < 100; epoch++) {
 *   trainOneEpoch()
 *   scheduler.step()
 * }
 */
export class StepLR extends FormulaLR<Required<StepLROptions>> {
  /** @throws ValueError for an option out of its range. */
  constructor(optimizer: Schedulable, options: StepLROptions) {
    checkArguments(new.target.name, 2, arguments)
    super('StepLR', table, optimizer, options)
  }

  protected override lrAt(step: number, baseLr: number): number {
    const { stepSize, gamma } = this.options
    return baseLr * gamma ** Math.floor(step / stepSize)
  }
}
