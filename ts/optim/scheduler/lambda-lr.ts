import { checkArguments, isFunction } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { AbsoluteLR } from './formula.js'
import type { OptionTable } from './options.js'
import type { Schedulable, SchedulerStateDict } from './scheduler.js'

/** What a learning rate is multiplied by at a step. */
export type LrLambda = (step: number) => number

export interface LambdaLROptions {
  /** One function for all groups, or one for each. */
  lrLambda: LrLambda | readonly LrLambda[]
}

/** The options of schedulers by a function. @internal */
export const lambdaTable: OptionTable<LambdaLROptions> = {
  lrLambda: {
    key: null,
    initial: [], // has to be given
    required: true,
    expected: 'a function from the step to a factor, or an array of such, one for each group',
    accepts: (value) => isFunction(value) || (Array.isArray(value) && value.every(isFunction)),
  },
}

/** @throws ValueError when there is not one function, or one for each group. @internal */
export function checkLambdas(who: string, { lrLambda }: LambdaLROptions, groups: number): void {
  if (typeof lrLambda === 'function' || lrLambda.length === groups) return
  const expected = `one function, or ${groups}, one for each parameter group`
  throw new ValueError(complaint(who, 'lrLambda', expected, `${lrLambda.length} functions`))
}

/** The factor of a group at a step. @throws ValueError for a group without a function. @internal */
export function factorAt(
  who: string,
  { lrLambda }: LambdaLROptions,
  step: number,
  group: number,
): number {
  const lambda = typeof lrLambda === 'function' ? lrLambda : lrLambda[group]
  if (lambda !== undefined) return lambda(step)
  const expected = 'a function for each parameter group'
  throw new ValueError(
    complaint(who, 'lrLambda', expected, `none for group ${group}, which was added later`),
  )
}

/**
 * A schedule of one's own: lr(t) = lr(0) · lrLambda(t). The function should depend on nothing but t:
 * it may be called more than once for a step.
 *
 * State dict: `base_lrs`, `last_epoch`, `_last_lr`, and `lr_lambdas` of nulls as PyTorch writes it:
 * functions are not saved.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LambdaLR.html
 *
 * @example
 * const scheduler = new optim.LambdaLR(optimizer, { lrLambda: (epoch) => 1 / Math.sqrt(1 + epoch) })
 */
export class LambdaLR extends AbsoluteLR<LambdaLROptions> {
  /** @throws ValueError when there is not one function, or one for each group. */
  constructor(optimizer: Schedulable, options: LambdaLROptions) {
    checkArguments(new.target.name, 2, arguments)
    super('LambdaLR', lambdaTable, optimizer, options)
  }

  protected override checkOptions(options: LambdaLROptions): void {
    checkLambdas(this.who, options, this.optimizer.paramGroups.length)
  }

  protected override lrAt(step: number, baseLr: number, group: number): number {
    return baseLr * factorAt(this.who, this.options, step, group)
  }

  protected override derivedState(): SchedulerStateDict {
    return { lr_lambdas: this.optimizer.paramGroups.map(() => null) }
  }
}
