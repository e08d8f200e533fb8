import { complaint, ValueError } from '../../errors.js'

/** What a scheduler needs of an optimizer. Every `Optimizer` has it. */
export interface Schedulable {
  readonly paramGroups: readonly { lr: number }[]
}

/** State of a scheduler under PyTorch's names. */
export type SchedulerStateDict = Record<string, unknown>

const initialLrs = new WeakMap<object, number>()

/** The learning rate that a group had when its first scheduler was made (PyTorch's `initial_lr`). */
export function initialLr(group: { lr: number }): number {
  const known = initialLrs.get(group)
  if (known !== undefined) return known
  initialLrs.set(group, group.lr)
  return group.lr
}

/**
 * What schedulers share. One sets the learning rates of an optimizer's groups, `paramGroups[i].lr`,
 * once when it is made and again at every `step()`. The optimizer's kernels read them from a buffer,
 * so a step that was recorded obeys them too.
 *
 * Call `step()` after `optimizer.step()`: once an epoch or once a batch, as the schedule counts.
 *
 * @see https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate
 */
export abstract class LRScheduler {
  readonly optimizer: Schedulable
  #lastEpoch = 0
  #lastLr: readonly number[] = []

  /** @throws ValueError when `optimizer` is no optimizer. */
  protected constructor(
    /** @internal Opens messages. */
    protected readonly who: string,
    optimizer: Schedulable,
  ) {
    checkOptimizer(who, optimizer)
    this.optimizer = optimizer
  }

  /** How many steps were taken: 0 at first. (PyTorch calls it `last_epoch`, whatever is counted.) */
  get lastEpoch(): number {
    return this.#lastEpoch
  }

  /** The learning rates of the groups that this scheduler set last. */
  getLastLr(): number[] {
    return [...this.#lastLr]
  }

  /**
   * Moves on by one and sets the learning rates of that step.
   *
   * @throws ValueError when the schedule has ended or gives no finite number of at least 0; nothing
   *   was changed.
   */
  step(): void {
    this.advance(this.#lastEpoch + 1)
  }

  /** A copy of options and progress under PyTorch's names, of numbers, words and arrays of them. */
  abstract stateDict(): SchedulerStateDict

  /**
   * Takes options and progress from a state dict of a scheduler of the same kind, ours or PyTorch's.
   * The optimizer's learning rates are not touched: load its state dict too. Keys that it does not
   * know are ignored.
   *
   * @throws ValueError when it does not fit; nothing was changed.
   */
  abstract loadStateDict(state: SchedulerStateDict): void

  /** The kind of schedule and its options. */
  abstract toString(): string

  /** Sets the learning rates of step `epoch`, which follows the last one. @internal */
  protected abstract advance(epoch: number): void

  /** Starts anew from step 0, whatever the learning rates are now. @internal */
  abstract restart(): void

  /** Sets learning rates, all of them or none. @internal */
  protected assign(epoch: number, lrs: readonly number[]): void {
    lrs.forEach((lr, group) => {
      if (Number.isFinite(lr) && lr >= 0) return
      const what = `the learning rate of group ${group} at step ${epoch}`
      throw new ValueError(complaint(this.who, what, 'a finite number of at least 0', lr))
    })
    this.optimizer.paramGroups.forEach((group, i) => (group.lr = lrs[i]!))
    this.note(epoch, lrs)
  }

  /** @internal */
  protected note(epoch: number, lrs: readonly number[]): void {
    this.#lastEpoch = epoch
    this.#lastLr = lrs
  }

  /** The part of the state dict that all schedulers have. @internal */
  protected progress(): SchedulerStateDict {
    return { last_epoch: this.#lastEpoch, _last_lr: this.getLastLr() }
  }

  /** Checks that part. @internal */
  protected checkedProgress(state: SchedulerStateDict): { epoch: number; lrs: number[] } {
    const who = `${this.who}.loadStateDict`
    if (typeof state !== 'object' || (state as unknown) === null) {
      throw new ValueError(complaint(who, 'the state', 'an object', state))
    }
    const epoch = state['last_epoch']
    if (typeof epoch !== 'number' || !Number.isSafeInteger(epoch) || epoch < 0) {
      const expected = 'a whole number of at least 0'
      throw new ValueError(complaint(who, 'last_epoch', expected, epoch))
    }
    const lrs = state['_last_lr'] ?? this.getLastLr()
    return { epoch, lrs: numbers(who, '_last_lr', lrs, this.optimizer.paramGroups.length) }
  }
}

/** @throws ValueError when it has no groups with learning rates. */
export function checkOptimizer(who: string, optimizer: Schedulable): void {
  const groups: unknown = (optimizer as Partial<Schedulable> | null | undefined)?.paramGroups
  const hasLr = (group: Partial<{ lr: number }> | null): boolean => typeof group?.lr === 'number'
  if (Array.isArray(groups) && groups.every(hasLr)) return
  const hint = `the optimizer comes first: new optim.${who}(optimizer, …)`
  throw new ValueError(complaint(who, 'its first argument', 'an optimizer', optimizer, hint))
}

/** @throws ValueError unless `value` is an array of so many finite numbers. */
export function numbers(who: string, what: string, value: unknown, count: number): number[] {
  const fits = Array.isArray(value) && value.length === count && value.every(Number.isFinite)
  if (fits) return [...(value as number[])]
  const expected = `${count} numbers, one for each parameter group`
  throw new ValueError(complaint(who, what, expected, value))
}
