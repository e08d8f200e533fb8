import { checkArguments } from '../../check.js'
import { checkLambdas, factorAt, lambdaTable, type LrLambda } from './lambda-lr.js'
import { readOptions } from './options.js'
import { initialLr, LRScheduler, type Schedulable, type SchedulerStateDict } from './scheduler.js'

export interface MultiplicativeLROptions {
  /** One function for all groups, or one for each. */
  lrLambda: LrLambda | readonly LrLambda[]
}

/**
 * Multiplies the learning rate, whatever it is, by a factor of each step: lr(t) = lr(t - 1) · lrLambda(t)
 * from t = 1 on.
 *
 * State dict: `base_lrs`, `last_epoch`, `_last_lr`, and `lr_lambdas` of nulls as PyTorch writes it:
 * functions are not saved.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiplicativeLR.html
 *
 * @example
 * const scheduler = new optim.MultiplicativeLR(optimizer, { lrLambda: (epoch) => (epoch < 30 ? 1 : 0.95) })
 */
export class MultiplicativeLR extends LRScheduler {
  readonly #options: MultiplicativeLROptions

  /** @throws ValueError when there is not one function, or one for each group. */
  constructor(optimizer: Schedulable, options: MultiplicativeLROptions) {
    checkArguments(new.target.name, 2, arguments)
    super('MultiplicativeLR', optimizer)
    this.#options = readOptions(this.who, lambdaTable, options)
    checkLambdas(this.who, this.#options, optimizer.paramGroups.length)
    optimizer.paramGroups.forEach(initialLr)
    this.restart()
  }

  get options(): Readonly<MultiplicativeLROptions> {
    return this.#options
  }

  /** @internal */
  protected override advance(epoch: number): void {
    const lrs = this.optimizer.paramGroups.map(
      ({ lr }, group) => lr * factorAt(this.who, this.#options, epoch, group),
    )
    this.assign(epoch, lrs)
  }

  /** Step 0 multiplies by nothing. @internal */
  override restart(): void {
    this.note(
      0,
      this.optimizer.paramGroups.map(({ lr }) => lr),
    )
  }

  override stateDict(): SchedulerStateDict {
    const { paramGroups } = this.optimizer
    return {
      lr_lambdas: paramGroups.map(() => null),
      base_lrs: paramGroups.map(initialLr),
      ...this.progress(),
      _step_count: this.lastEpoch + 1,
    }
  }

  override loadStateDict(state: SchedulerStateDict): void {
    const { epoch, lrs } = this.checkedProgress(state)
    this.note(epoch, lrs)
  }

  override toString(): string {
    return `${this.who}(lrLambda)`
  }
}
