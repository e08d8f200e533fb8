import { checkArguments } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { Tensor } from '../../tensor/tensor.js'
import {
  atLeastZero,
  checkGroups,
  choice,
  ofGroup,
  type Option,
  type OptionTable,
  perGroup,
  readOptions,
  share,
  whole,
} from './options.js'
import { checkOptimizer, type Schedulable, type SchedulerStateDict } from './scheduler.js'

export interface ReduceLROnPlateauOptions {
  /** Whether the metric is to fall or to rise. Default `min`. */
  mode?: 'min' | 'max'
  /** What the learning rate is multiplied by, in [0, 1). Default 0.1. */
  factor?: number
  /** How many steps without an improvement are borne; the next one reduces. Default 10. */
  patience?: number
  /** What counts as an improvement. Default 1e-4. */
  threshold?: number
  /** Whether the threshold is a part of the best metric or an amount. Default `rel`. */
  thresholdMode?: 'rel' | 'abs'
  /** Steps after a reduction in which nothing is counted. Default 0. */
  cooldown?: number
  /** The lowest learning rate; one for all groups or one for each. Default 0. */
  minLr?: number | readonly number[]
  /** A reduction by less is not made. Default 1e-8. */
  eps?: number
}

type Options = Required<ReduceLROnPlateauOptions>

const NAME = 'ReduceLROnPlateau'

const table: OptionTable<Options> = {
  mode: choice('mode', 'min', ['min', 'max']),
  factor: share('factor', 0.1, '[0, 1)'),
  patience: whole('patience', 0, 10),
  threshold: atLeastZero('threshold', 1e-4),
  thresholdMode: choice('threshold_mode', 'rel', ['rel', 'abs']),
  cooldown: whole('cooldown', 0, 0),
  minLr: perGroup('min_lrs', atLeastZero('min_lrs', 0)),
  eps: atLeastZero('eps', 1e-8),
}

/**
 * Reduces the learning rate when a metric has stopped improving. After more than `patience` steps in
 * a row without an improvement: lr = max(lr · factor, minLr).
 *
 * `step` takes the metric, so this is no part of a `SequentialLR`.
 *
 * State dict: the options, `best`, `num_bad_epochs`, `cooldown_counter`, `last_epoch`, `_last_lr`.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html
 *
 * @example
 * const scheduler = new optim.ReduceLROnPlateau(optimizer, { patience: 3 })
 * for (let epoch = 0; epoch < 100; epoch++) {
 *   trainOneEpoch()
 *   scheduler.step(validate())
 * }
 */
export class ReduceLROnPlateau {
  readonly optimizer: Schedulable
  #options: Options
  #best: number
  #badEpochs = 0
  #cooldown = 0
  #lastEpoch = 0
  #lastLr: number[]

  /** @throws ValueError for an option out of its range or no optimizer. */
  constructor(optimizer: Schedulable, options: ReduceLROnPlateauOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    checkOptimizer(NAME, optimizer)
    this.#options = readOptions(NAME, table, options)
    checkGroups(NAME, this.#options, ['minLr'], optimizer.paramGroups.length)
    this.optimizer = optimizer
    this.#best = worst(this.#options.mode)
    this.#lastLr = optimizer.paramGroups.map(({ lr }) => lr)
  }

  get options(): Readonly<Options> {
    return this.#options
  }

  /** How many steps were taken. */
  get lastEpoch(): number {
    return this.#lastEpoch
  }

  /** The best metric so far; ±Infinity before the first. */
  get best(): number {
    return this.#best
  }

  /** Steps since the last improvement, reduction or cooldown. */
  get numBadEpochs(): number {
    return this.#badEpochs
  }

  /** The learning rates of the groups after the last step. */
  getLastLr(): number[] {
    return [...this.#lastLr]
  }

  /**
   * Takes the metric of an epoch, a number or a tensor of one element. NaN is no improvement.
   *
   * @throws ValueError when it is no number.
   */
  step(metric: number | Tensor): void {
    const current = metric instanceof Tensor ? metric.item() : metric
    if (typeof current !== 'number') {
      const hint = 'step takes what is watched, as in step(validationLoss)'
      throw new ValueError(complaint(NAME, 'the metric', 'a number', current, hint))
    }
    this.#lastEpoch += 1
    if (this.#isBetter(current)) {
      this.#best = current
      this.#badEpochs = 0
    } else {
      this.#badEpochs += 1
    }
    if (this.#cooldown > 0) {
      this.#cooldown -= 1
      this.#badEpochs = 0
    }
    if (this.#badEpochs > this.#options.patience) {
      this.#reduce()
      this.#cooldown = this.#options.cooldown
      this.#badEpochs = 0
    }
    this.#lastLr = this.optimizer.paramGroups.map(({ lr }) => lr)
  }

  stateDict(): SchedulerStateDict {
    const { mode, factor, patience, threshold, thresholdMode, cooldown, minLr, eps } = this.#options
    return {
      mode,
      factor,
      patience,
      threshold,
      threshold_mode: thresholdMode,
      cooldown,
      min_lrs: this.optimizer.paramGroups.map((_, i) => ofGroup(minLr, i)),
      eps,
      best: this.#best,
      mode_worse: worst(mode),
      num_bad_epochs: this.#badEpochs,
      cooldown_counter: this.#cooldown,
      last_epoch: this.#lastEpoch,
      _last_lr: this.getLastLr(),
    }
  }

  /**
   * Takes options and progress from a state dict, ours or PyTorch's. The optimizer's learning rates
   * are not touched: load its state dict too.
   *
   * @throws ValueError when it does not fit; nothing was changed.
   */
  loadStateDict(state: SchedulerStateDict): void {
    const who = `${NAME}.loadStateDict`
    if (typeof state !== 'object' || (state as unknown) === null) {
      throw new ValueError(complaint(who, 'the state', 'an object', state))
    }
    const options = Object.entries(table as Record<string, Option<unknown>>).map(
      ([name, { key }]) => [name, state[key!] ?? (this.#options as Record<string, unknown>)[name]],
    )
    const checked = readOptions(who, table, Object.fromEntries(options) as Partial<Options>)
    checkGroups(who, checked, ['minLr'], this.optimizer.paramGroups.length)
    const [bad, cooldown, epoch] = ['num_bad_epochs', 'cooldown_counter', 'last_epoch'].map(
      (key) => {
        const value = state[key]
        if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
        const expected = 'a whole number of at least 0'
        throw new ValueError(complaint(who, key, expected, value))
      },
    )
    // JSON has no Infinity: it writes null.
    const best = state['best'] ?? worst(checked.mode)
    if (typeof best !== 'number') {
      throw new ValueError(complaint(who, 'best', 'a number', best))
    }
    this.#options = checked
    this.#best = best
    this.#badEpochs = bad!
    this.#cooldown = cooldown!
    this.#lastEpoch = epoch!
    this.#lastLr = this.optimizer.paramGroups.map(({ lr }) => lr)
  }

  toString(): string {
    const options = Object.entries(this.#options).map(
      ([name, value]) => `${name}: ${String(value)}`,
    )
    return `${NAME}(${options.join(', ')})`
  }

  #isBetter(current: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options
    const best = this.#best
    const margin = thresholdMode === 'rel' && Number.isFinite(best) ? Math.abs(best) : 1
    return mode === 'min'
      ? current < best - margin * threshold
      : current > best + margin * threshold
  }

  #reduce(): void {
    const { factor, minLr, eps } = this.#options
    this.optimizer.paramGroups.forEach((group, i) => {
      const lr = Math.max(group.lr * factor, ofGroup(minLr, i))
      if (group.lr - lr > eps) group.lr = lr
    })
  }
}

function worst(mode: 'min' | 'max'): number {
  return mode === 'min' ? Infinity : -Infinity
}
