import { checkArguments } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { type Option, type Options, readOptions, required, unchecked } from '../../options.js'
import { initialLr, LRScheduler, type Schedulable, type SchedulerStateDict } from './scheduler.js'

export interface SequentialLROptions {
  /** At least one, all of the same optimizer. */
  schedulers: readonly LRScheduler[]
  /** The steps at which the second, third … take over: one fewer than schedulers, increasing. */
  milestones: readonly number[]
}

const SCHEDULERS: Option<readonly LRScheduler[]> = {
  initial: [],
  required: true,
  expected: 'an array of at least one scheduler',
  accepts: (value) => Array.isArray(value) && value.length > 0,
}

const OPTIONS = {
  schedulers: SCHEDULERS,
  milestones: required(unchecked<readonly number[]>()),
} satisfies Options<SequentialLROptions>

/**
 * One scheduler after another: at each milestone the next one begins from its own step 0.
 *
 * State dict: `_schedulers` (the state dict of each), `_milestones`, `last_epoch`, `_last_lr`.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.SequentialLR.html
 *
 * @example
 * // Five epochs of warm-up, then a cosine down to 0.
 * const scheduler = new optim.SequentialLR(optimizer, {
 *   schedulers: [
 *     new optim.LinearLR(optimizer, { startFactor: 0.1, totalIters: 5 }),
 *     new optim.CosineAnnealingLR(optimizer, { tMax: epochs - 5 }),
 *   ],
 *   milestones: [5],
 * })
 */
export class SequentialLR extends LRScheduler {
  readonly schedulers: readonly LRScheduler[]
  #milestones: readonly number[]

  /**
   * @throws ValueError when something is no scheduler of this optimizer, one comes twice, or the
   *   milestones are not one fewer and increasing.
   */
  constructor(optimizer: Schedulable, options: SequentialLROptions) {
    checkArguments(new.target.name, 2, arguments)
    super('SequentialLR', optimizer)
    const { schedulers: given, milestones } = readOptions(this.who, OPTIONS, options)
    const schedulers = [...given]
    schedulers.forEach((scheduler: unknown, i) => {
      const what = `scheduler ${i}`
      if (!(scheduler instanceof LRScheduler)) {
        const hint = 'ReduceLROnPlateau has a step of its own and cannot be part of a sequence'
        throw new ValueError(complaint(this.who, what, 'a scheduler', scheduler, hint))
      }
      if (scheduler.optimizer !== optimizer) {
        throw new ValueError(complaint(this.who, what, 'of the same optimizer', 'another one'))
      }
      if (schedulers.indexOf(scheduler) !== i) {
        throw new ValueError(complaint(this.who, what, 'one that has not come yet', 'it again'))
      }
    })
    this.schedulers = Object.freeze(schedulers)
    this.#milestones = this.#checked(this.who, milestones)
    this.restart()
  }

  get milestones(): readonly number[] {
    return this.#milestones
  }

  /** @internal */
  override restart(): void {
    // The others have set theirs when they were made.
    for (const group of this.optimizer.paramGroups) group.lr = initialLr(group)
    this.schedulers[0]!.restart()
    this.note(0, this.schedulers[0]!.getLastLr())
  }

  /** @internal */
  protected override advance(epoch: number): void {
    const index = this.#milestones.filter((milestone) => milestone <= epoch).length
    const scheduler = this.schedulers[index]!
    if (this.#milestones[index - 1] === epoch) scheduler.restart()
    else scheduler.step()
    this.note(epoch, scheduler.getLastLr())
  }

  override stateDict(): SchedulerStateDict {
    return {
      _milestones: [...this.#milestones],
      ...this.progress(),
      _schedulers: this.schedulers.map((scheduler) => scheduler.stateDict()),
    }
  }

  override loadStateDict(state: SchedulerStateDict): void {
    const who = `${this.who}.loadStateDict`
    const { epoch, lrs } = this.checkedProgress(state)
    const milestones = this.#checked(who, state['_milestones'])
    const saved = state['_schedulers']
    const count = this.schedulers.length
    if (!Array.isArray(saved) || saved.length !== count) {
      const got = Array.isArray(saved) ? `${saved.length}` : saved
      throw new ValueError(complaint(who, '_schedulers', `${count} state dicts`, got))
    }
    const before = this.schedulers.map((scheduler) => scheduler.stateDict())
    try {
      this.schedulers.forEach((scheduler, i) => {
        scheduler.loadStateDict(waiting(saved[i]))
      })
    } catch (error) {
      this.schedulers.forEach((scheduler, i) => {
        scheduler.loadStateDict(before[i]!)
      })
      throw error
    }
    this.#milestones = milestones
    this.note(epoch, lrs)
  }

  override toString(): string {
    const lines = this.schedulers.map((scheduler, i) => {
      const from = i === 0 ? 0 : this.#milestones[i - 1]!
      return `  from step ${from}: ${String(scheduler).replaceAll('\n', '\n  ')}`
    })
    return `${this.who}(\n${lines.join('\n')}\n)`
  }

  #checked(who: string, milestones: unknown): readonly number[] {
    const count = this.schedulers.length - 1
    const fits =
      Array.isArray(milestones) &&
      milestones.length === count &&
      milestones.every(
        (milestone, i) =>
          Number.isSafeInteger(milestone) && milestone > (i === 0 ? 0 : milestones[i - 1]),
      )
    if (fits) return Object.freeze([...(milestones as number[])])
    const expected = `${count} increasing whole numbers above 0, one fewer than schedulers`
    throw new ValueError(complaint(who, 'milestones', expected, milestones))
  }
}

/** PyTorch counts a scheduler that has not begun as being at step -1; it begins by a restart. */
function waiting(state: unknown): SchedulerStateDict {
  const dict = (state ?? {}) as SchedulerStateDict
  return dict['last_epoch'] === -1 ? { ...dict, last_epoch: 0 } : dict
}
