import { checkArguments } from '../../check.js'
import { FormulaLR } from './formula.js'
import { atLeastZero, type OptionTable, whole } from './options.js'
import type { Schedulable } from './scheduler.js'

export interface PolynomialLROptions {
  /** Steps until the learning rate is 0. Default 5. */
  totalIters?: number
  /** Exponent p. Default 1. */
  power?: number
}

const table: OptionTable<Required<PolynomialLROptions>> = {
  totalIters: whole('total_iters', 1, 5),
  power: atLeastZero('power', 1),
}

/**
 * Down to 0 along a power: lr(t) = lr(0) · (1 - min(t, totalIters) / totalIters)^p.
 *
 * State dict: `total_iters`, `power`, `base_lrs`, `last_epoch`, `_last_lr`.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html
 *
 * @example
 * const scheduler = new optim.PolynomialLR(optimizer, { totalIters: 40, power: 2 })
 */
export class PolynomialLR extends FormulaLR<Required<PolynomialLROptions>> {
  /** @throws ValueError for an option out of its range. */
  constructor(optimizer: Schedulable, options: PolynomialLROptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super('PolynomialLR', table, optimizer, options)
  }

  protected override lrAt(step: number, baseLr: number): number {
    const { totalIters, power } = this.options
    return baseLr * (1 - Math.min(step, totalIters) / totalIters) ** power
  }
}
