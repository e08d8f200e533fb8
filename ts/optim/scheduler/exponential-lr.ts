import { checkArguments } from '../../check.js'
import { FormulaLR } from './formula.js'
import { atLeastZero, type OptionTable } from './options.js'
import type { Schedulable } from './scheduler.js'

export interface ExponentialLROptions {
  /** γ, what the learning rate is multiplied by. */
  gamma: number
}

const table: OptionTable<ExponentialLROptions> = { gamma: atLeastZero('gamma') }

/**
 * Multiplies the learning rate by γ at every step: lr(t) = lr(0) · γᵗ.
 *
 * State dict: `gamma`, `base_lrs`, `last_epoch`, `_last_lr`.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html
 *
 * @example
 * const scheduler = new optim.ExponentialLR(optimizer, { gamma: 0.95 })
 */
export class ExponentialLR extends FormulaLR<ExponentialLROptions> {
  /** @throws ValueError for an option out of its range. */
  constructor(optimizer: Schedulable, options: ExponentialLROptions) {
    checkArguments(new.target.name, 2, arguments)
    super('ExponentialLR', table, optimizer, options)
  }

  protected override lrAt(step: number, baseLr: number): number {
    return baseLr * this.options.gamma ** step
  }
}
