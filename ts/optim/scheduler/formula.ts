import { ValueError } from '../../errors.js'
import { type Option, type OptionTable, readOptions } from './options.js'
import {
  initialLr,
  LRScheduler,
  numbers,
  type Schedulable,
  type SchedulerStateDict,
} from './scheduler.js'

/**
 * A scheduler whose learning rate is a formula of the step and of the initial learning rate.
 *
 * PyTorch multiplies the current learning rate by the ratio of two steps, so that rounding errors add
 * up. Here the formula itself is used as long as the learning rate is what the formula gave for the
 * step before. If somebody else has set it since (the program, a second scheduler), the ratio is
 * applied to what is there, so schedulers combine as in PyTorch.
 *
 * @typeParam O the options, each with its default
 */
export abstract class FormulaLR<O extends object> extends LRScheduler {
  readonly #table: OptionTable<O>
  #options: O
  #baseLrs: number[]

  /** @throws ValueError for an option out of its range. */
  protected constructor(
    who: string,
    table: OptionTable<O>,
    optimizer: Schedulable,
    options: Partial<O>,
  ) {
    super(who, optimizer)
    this.#table = table
    this.#options = readOptions(who, table, options)
    this.checkOptions(this.#options)
    this.#baseLrs = optimizer.paramGroups.map((group, i) => this.startingLr(group, i))
    this.advance(0)
  }

  get options(): Readonly<O> {
    return this.#options
  }

  /** The learning rates that the formula starts from: those of the optimizer when it got its first
   * scheduler. */
  get baseLrs(): readonly number[] {
    return this.#baseLrs
  }

  /** The learning rate that the formula of a group starts from. @internal */
  protected startingLr(group: { lr: number }, _index: number): number {
    return initialLr(group)
  }

  /** The formula: the learning rate of a group at a step. @internal */
  protected abstract lrAt(step: number, baseLr: number, group: number): number

  /** Why options, each valid alone, do not go together. @throws ValueError @internal */
  protected checkOptions(_options: O): void {}

  /** The next learning rate where the current one is not that of the formula. @internal */
  protected combined(lr: number, before: number, now: number): number {
    if (now === before) return lr
    return before === 0 ? lr + now : lr * (now / before)
  }

  /** @internal */
  protected override advance(epoch: number): void {
    const { paramGroups } = this.optimizer
    const lrs = paramGroups.map((group, i) => {
      // A group that was added meanwhile starts from the learning rate it was given.
      const base = (this.#baseLrs[i] ??= this.startingLr(group, i))
      const before = epoch === 0 ? base : this.lrAt(epoch - 1, base, i)
      const now = this.lrAt(epoch, base, i)
      return group.lr === before ? now : this.combined(group.lr, before, now)
    })
    this.assign(epoch, lrs)
  }

  /** @internal */
  override restart(): void {
    this.assign(
      0,
      this.#baseLrs.map((base, i) => this.lrAt(0, base, i)),
    )
  }

  /** What PyTorch's state dict has beyond the options, for those who load it there. @internal */
  protected derivedState(): SchedulerStateDict {
    return {}
  }

  override stateDict(): SchedulerStateDict {
    const state: SchedulerStateDict = {}
    for (const [name, { key, write }] of this.#entries()) {
      const value = (this.#options as Record<string, unknown>)[name]
      if (key === null) continue
      const saved = write === undefined ? value : write(value)
      state[key] = Array.isArray(saved) ? [...(saved as unknown[])] : saved
    }
    return {
      ...state,
      ...this.derivedState(),
      base_lrs: [...this.#baseLrs],
      ...this.progress(),
      _step_count: this.lastEpoch + 1,
    }
  }

  override loadStateDict(state: SchedulerStateDict): void {
    const who = `${this.who}.loadStateDict`
    const { epoch, lrs } = this.checkedProgress(state)
    const count = this.optimizer.paramGroups.length
    const baseLrs = numbers(who, 'base_lrs', state['base_lrs'], count)
    const options = this.#entries().map(([name, { key, read }]) => {
      const saved = key === null ? undefined : state[key]
      const kept = (this.#options as Record<string, unknown>)[name]
      return [name, saved === undefined ? kept : read === undefined ? saved : read(saved)]
    })
    const checked = readOptions(who, this.#table, Object.fromEntries(options) as Partial<O>)
    this.checkOptions(checked)
    this.#options = checked
    this.#baseLrs = baseLrs
    this.note(epoch, lrs)
  }

  override toString(): string {
    const options = Object.entries(this.#options).map(([name, value]) =>
      typeof value === 'function' ? name : `${name}: ${String(value)}`,
    )
    return `${this.who}(${options.join(', ')})`
  }

  #entries(): [string, Option<unknown>][] {
    return Object.entries(this.#table as unknown as Record<string, Option<unknown>>)
  }
}

/** A schedule that sets the learning rate whatever it is, as PyTorch's does. */
export abstract class AbsoluteLR<O extends object> extends FormulaLR<O> {
  /** @internal */
  protected override combined(_lr: number, _before: number, now: number): number {
    return now
  }
}

/** @internal */
export function ended(who: string, step: number, total: number): ValueError {
  return new ValueError(
    `${who}: step ${step} is after the end of the schedule, which has ${total} steps; ` +
      'make it longer or stop calling step()',
  )
}
