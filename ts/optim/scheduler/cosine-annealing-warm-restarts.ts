import { checkArguments } from '../../check.js'
import { cosine } from './cosine-annealing-lr.js'
import { AbsoluteLR } from './formula.js'
import { atLeastZero, type OptionTable, whole } from './options.js'
import type { Schedulable, SchedulerStateDict } from './scheduler.js'

export interface CosineAnnealingWarmRestartsOptions {
  /** Steps to the first restart. */
  t0: number
  /** How many times longer each period is than the one before; a whole number. Default 1. */
  tMult?: number
  /** η, the lowest learning rate. Default 0. */
  etaMin?: number
}

type Options = Required<CosineAnnealingWarmRestartsOptions>

const table: OptionTable<Options> = {
  t0: whole('T_0', 1),
  tMult: whole('T_mult', 1, 1),
  etaMin: atLeastZero('eta_min', 0),
}

/**
 * Down a cosine again and again, from the initial learning rate to η, over periods of t0, t0 · tMult,
 * t0 · tMult² … steps. At step c of a period of T:
 *
 *     lr = η + (lr(0) - η) · (1 + cos(π c / T)) / 2
 *
 * State dict: `T_0`, `T_mult`, `eta_min`, `T_i` (T), `T_cur` (c), `base_lrs`, `last_epoch`, `_last_lr`.
 *
 * @see Loshchilov and Hutter, SGDR, https://arxiv.org/abs/1608.03983
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.html
 *
 * @example
 * const scheduler = new optim.CosineAnnealingWarmRestarts(optimizer, { t0: 10, tMult: 2 })
 */
export class CosineAnnealingWarmRestarts extends AbsoluteLR<Options> {
  /** @throws ValueError for an option out of its range. */
  constructor(optimizer: Schedulable, options: CosineAnnealingWarmRestartsOptions) {
    checkArguments(new.target.name, 2, arguments)
    super('CosineAnnealingWarmRestarts', table, optimizer, options)
  }

  protected override lrAt(step: number, baseLr: number): number {
    const { period, current } = place(step, this.options)
    return cosine(baseLr, this.options.etaMin, current / period)
  }

  protected override derivedState(): SchedulerStateDict {
    const { period, current } = place(this.lastEpoch, this.options)
    return { T_i: period, T_cur: current }
  }
}

function place(step: number, { t0, tMult }: Options): { period: number; current: number } {
  if (tMult === 1) return { period: t0, current: step % t0 }
  let period = t0
  let current = step
  while (current >= period) {
    current -= period
    period *= tMult
  }
  return { period, current }
}
