import { checkArguments } from '../../check.js'
import { FormulaLR } from './formula.js'
import { type OptionTable, share, whole } from './options.js'
import type { Schedulable } from './scheduler.js'

export interface LinearLROptions {
  /** What the learning rate is multiplied by at first, in (0, 1]. Default 1/3. */
  startFactor?: number
  /** What it is multiplied by in the end, from 0 to 1. Default 1. */
  endFactor?: number
  /** Steps from one to the other. Default 5. */
  totalIters?: number
}

const table: OptionTable<Required<LinearLROptions>> = {
  startFactor: share('start_factor', 1 / 3, '(0, 1]'),
  endFactor: share('end_factor', 1),
  totalIters: whole('total_iters', 1, 5),
}

/**
 * Changes the learning rate in equal steps, as a warm-up does:
 *
 *     lr(t) = lr(0) · (startFactor + (endFactor - startFactor) · min(t, totalIters) / totalIters)
 *
 * State dict: `start_factor`, `end_factor`, `total_iters`, `base_lrs`, `last_epoch`, `_last_lr`.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html
 *
 * @example
 * // Warm-up over 500 batches, then a cosine down to 0 over the other 9,500; step() after each batch.
 * const scheduler = new optim.SequentialLR(optimizer, {
 *   schedulers: [
 *     new optim.LinearLR(optimizer, { startFactor: 0.01, totalIters: 500 }),
 *     new optim.CosineAnnealingLR(optimizer, { tMax: 9500 }),
 *   ],
 *   milestones: [500],
 * })
 */
export class LinearLR extends FormulaLR<Required<LinearLROptions>> {
  /** @throws ValueError for an option out of its range. */
  constructor(optimizer: Schedulable, options: LinearLROptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super('LinearLR', table, optimizer, options)
  }

  protected override lrAt(step: number, baseLr: number): number {
    const { startFactor, endFactor, totalIters } = this.options
    if (step >= totalIters) return baseLr * endFactor
    return baseLr * (startFactor + ((endFactor - startFactor) * step) / totalIters)
  }
}
