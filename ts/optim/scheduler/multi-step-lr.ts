import { checkArguments, isWithin } from '../../check.js'
import { FormulaLR } from './formula.js'
import { atLeastZero, type Option, type OptionTable } from './options.js'
import type { Schedulable } from './scheduler.js'

export interface MultiStepLROptions {
  /** The steps at which the learning rate changes, in any order; one that comes twice counts twice. */
  milestones: readonly number[]
  /** γ, what the learning rate is multiplied by. Default 0.1. */
  gamma?: number
}

/** A milestone that comes more often is a damaged state. */
const MOST = 1e6

// PyTorch keeps a Counter: how often each milestone comes.
const milestones: Option<readonly number[]> = {
  key: 'milestones',
  initial: [], // has to be given
  required: true,
  expected: 'an array of whole numbers of at least 0',
  accepts: (value) =>
    Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0),
  write(value) {
    const counts: Record<number, number> = {}
    for (const milestone of value) counts[milestone] = (counts[milestone] ?? 0) + 1
    return counts
  },
  read(saved) {
    if (typeof saved !== 'object' || saved === null || Array.isArray(saved)) return saved
    const counts = Object.entries(saved as Record<string, unknown>)
    if (!counts.every(([, count]) => isWithin(count, 0, MOST) && Number.isInteger(count)))
      return saved
    return counts.flatMap(([milestone, count]) =>
      Array<number>(count as number).fill(Number(milestone)),
    )
  },
}

const table: OptionTable<Required<MultiStepLROptions>> = {
  milestones,
  gamma: atLeastZero('gamma', 0.1),
}

/**
 * Multiplies the learning rate by γ at each milestone: lr(t) = lr(0) · γ^(milestones up to t).
 *
 * State dict: `milestones` (how often each comes), `gamma`, `base_lrs`, `last_epoch`, `_last_lr`.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html
 *
 * @example
 * const scheduler = new optim.MultiStepLR(optimizer, { milestones: [30, 80] })
 */
export class MultiStepLR extends FormulaLR<Required<MultiStepLROptions>> {
  /** @throws ValueError for an option out of its range. */
  constructor(optimizer: Schedulable, options: MultiStepLROptions) {
    checkArguments(new.target.name, 2, arguments)
    super('MultiStepLR', table, optimizer, options)
  }

  protected override lrAt(step: number, baseLr: number): number {
    const { milestones, gamma } = this.options
    return baseLr * gamma ** milestones.filter((milestone) => milestone <= step).length
  }
}
