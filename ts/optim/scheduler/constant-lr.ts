import { checkArguments } from '../../check.js'
import { FormulaLR } from './formula.js'
import { type OptionTable, share, whole } from './options.js'
import type { Schedulable } from './scheduler.js'

export interface ConstantLROptions {
  /** What the learning rate is multiplied by at first, from 0 to 1. Default 1/3. */
  factor?: number
  /** Steps until the learning rate is whole again. Default 5. */
  totalIters?: number
}

const table: OptionTable<Required<ConstantLROptions>> = {
  factor: share('factor', 1 / 3),
  totalIters: whole('total_iters', 0, 5),
}

/**
 * A part of the learning rate for the first steps: lr(t) = lr(0) · factor for t < totalIters, then
 * lr(0).
 *
 * State dict: `factor`, `total_iters`, `base_lrs`, `last_epoch`, `_last_lr`.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ConstantLR.html
 *
 * @example
 * const scheduler = new optim.ConstantLR(optimizer, { factor: 0.5, totalIters: 4 })
 */
export class ConstantLR extends FormulaLR<Required<ConstantLROptions>> {
  /** @throws ValueError for an option out of its range. */
  constructor(optimizer: Schedulable, options: ConstantLROptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super('ConstantLR', table, optimizer, options)
  }

  protected override lrAt(step: number, baseLr: number): number {
    const { factor, totalIters } = this.options
    return step < totalIters ? baseLr * factor : baseLr
  }
}
