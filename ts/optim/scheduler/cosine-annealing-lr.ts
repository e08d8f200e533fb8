import { checkArguments } from '../../check.js'
import { FormulaLR } from './formula.js'
import { atLeastZero, type OptionTable, whole } from './options.js'
import type { Schedulable } from './scheduler.js'

export interface CosineAnnealingLROptions {
  /** T, steps down to the lowest learning rate. */
  tMax: number
  /** η, the lowest learning rate. Default 0. */
  etaMin?: number
}

const table: OptionTable<Required<CosineAnnealingLROptions>> = {
  tMax: whole('T_max', 1),
  etaMin: atLeastZero('eta_min', 0),
}

/**
 * Half a wave of the cosine from the initial learning rate down to η, and up again after T steps:
 *
 *     lr(t) = η + (lr(0) - η) · (1 + cos(π t / T)) / 2
 *
 * State dict: `T_max`, `eta_min`, `base_lrs`, `last_epoch`, `_last_lr`.
 *
 * @see Loshchilov and Hutter, SGDR, https://arxiv.org/abs/1608.03983
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html
 *
 * @example
 * const scheduler = new optim.CosineAnnealingLR(optimizer, { tMax: epochs })
 */
export class CosineAnnealingLR extends FormulaLR<Required<CosineAnnealingLROptions>> {
  /** @throws ValueError for an option out of its range. */
  constructor(optimizer: Schedulable, options: CosineAnnealingLROptions) {
    checkArguments(new.target.name, 2, arguments)
    super('CosineAnnealingLR', table, optimizer, options)
  }

  protected override lrAt(step: number, baseLr: number): number {
    const { tMax, etaMin } = this.options
    return cosine(baseLr, etaMin, (step % (2 * tMax)) / tMax)
  }

  /** What is above η is what is multiplied. */
  protected override combined(lr: number, before: number, now: number): number {
    const { etaMin } = this.options
    return etaMin + super.combined(lr - etaMin, before - etaMin, now - etaMin)
  }
}

/** From `high` at part 0 to `low` at part 1, and back to `high` at 2. */
export function cosine(high: number, low: number, part: number): number {
  return low + ((high - low) * (1 + Math.cos(Math.PI * part))) / 2
}
