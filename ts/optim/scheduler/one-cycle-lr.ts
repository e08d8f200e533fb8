import { checkArguments, checkCount } from '../../check.js'
import { ValueError } from '../../errors.js'
import { checkNames } from '../../options.js'
import { cosine } from './cosine-annealing-lr.js'
import { AbsoluteLR, ended } from './formula.js'
import { checkMomentum, setMomentum } from './momentum.js'
import {
  checkGroups,
  choice,
  flag,
  ofGroup,
  type OptionTable,
  perGroup,
  positive,
  share,
  whole,
} from './options.js'
import type { Schedulable } from './scheduler.js'

export interface OneCycleLROptions {
  /** The highest learning rate; one for all groups or one for each. */
  maxLr: number | readonly number[]
  /** Steps of the cycle. Either these are given, or `epochs` and `stepsPerEpoch`. */
  totalSteps?: number
  /** With `stepsPerEpoch`: the cycle has epochs · stepsPerEpoch steps. */
  epochs?: number
  /** Batches of an epoch: `loader.length`. */
  stepsPerEpoch?: number
  /** Part of the steps with a rising learning rate, from 0 to 1. Default 0.3. */
  pctStart?: number
  /** How values move between two phases. Default `cos`. */
  annealStrategy?: 'cos' | 'linear'
  /**
   * Whether momentum (β₁ where the optimizer has betas) falls while the learning rate rises, and the
   * other way round. Default true.
   */
  cycleMomentum?: boolean
  /** The momentum at the highest learning rate; one for all groups or one for each. Default 0.85. */
  baseMomentum?: number | readonly number[]
  /** The momentum at the start and at the end; one for all groups or one for each. Default 0.95. */
  maxMomentum?: number | readonly number[]
  /** The first learning rate is maxLr / divFactor. Default 25. */
  divFactor?: number
  /** The last learning rate is that divided by finalDivFactor. Default 1e4. */
  finalDivFactor?: number
  /** Go back to the first learning rate, in as many steps as up, before going on to the last. Default
   * false. */
  threePhase?: boolean
}

type Options = Required<Omit<OneCycleLROptions, 'epochs' | 'stepsPerEpoch'>>

const table: OptionTable<Options> = {
  maxLr: perGroup('max_lr', positive('max_lr')),
  totalSteps: whole('total_steps', 1),
  pctStart: share('pct_start', 0.3),
  annealStrategy: choice('anneal_strategy', 'cos', ['cos', 'linear']),
  cycleMomentum: flag('cycle_momentum', true),
  baseMomentum: perGroup('base_momentum', share('base_momentum', 0.85, '[0, 1)')),
  maxMomentum: perGroup('max_momentum', share('max_momentum', 0.95, '[0, 1)')),
  divFactor: positive('div_factor', 25),
  finalDivFactor: positive('final_div_factor', 1e4),
  threePhase: flag('three_phase', false),
}

const NAMES = { ...table, epochs: null, stepsPerEpoch: null }

/** A value at the start, at the top and at the end. */
interface Heights {
  readonly start: number
  readonly top: number
  readonly end: number
}

/**
 * One cycle (Smith's super-convergence): up from maxLr / divFactor to maxLr during the first `pctStart`
 * of the steps, then down far below where it began; momentum moves the other way. Call `step()` after
 * every batch.
 *
 * The learning rate of the optimizer does not matter: it is overwritten. PyTorch computes a value
 * beyond the end for the call of `step()` after the last batch; here the last value stays. A call more
 * throws.
 *
 * State dict: the options under PyTorch's names, `base_lrs`, `last_epoch`, `_last_lr`.
 *
 * @see Smith and Topin, https://arxiv.org/abs/1708.07120
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html
 *
 * @example
 * const scheduler = new optim.OneCycleLR(optimizer, { maxLr: 0.1, epochs: 10, stepsPerEpoch: loader.length })
 */
export class OneCycleLR extends AbsoluteLR<Options> {
  /**
   * @throws ValueError for an option out of its range, a length of the cycle that is not given or given
   *   twice, or when the optimizer has neither momentum nor betas to cycle.
   */
  constructor(optimizer: Schedulable, options: OneCycleLROptions) {
    checkArguments(new.target.name, 2, arguments)
    super('OneCycleLR', table, optimizer, withTotal(options))
  }

  protected override checkOptions(options: Options): void {
    const { paramGroups } = this.optimizer
    const names = ['maxLr', 'baseMomentum', 'maxMomentum']
    checkGroups(this.who, options, names, paramGroups.length)
    if (options.cycleMomentum) checkMomentum(this.who, this.optimizer)
  }

  protected override lrAt(step: number, _baseLr: number, group: number): number {
    const { maxLr, divFactor, finalDivFactor } = this.options
    const top = ofGroup(maxLr, group)
    const start = top / divFactor
    return valueAt(step, this.options, { start, top, end: start / finalDivFactor })
  }

  protected override assign(epoch: number, lrs: readonly number[]): void {
    const { totalSteps, cycleMomentum, baseMomentum, maxMomentum } = this.options
    if (epoch > totalSteps) throw ended(this.who, epoch, totalSteps)
    checkGroups(this.who, this.options, ['maxLr', 'baseMomentum', 'maxMomentum'], lrs.length)
    super.assign(epoch, lrs)
    if (!cycleMomentum) return
    this.optimizer.paramGroups.forEach((group, i) => {
      const ends = ofGroup(maxMomentum, i)
      const value = valueAt(epoch, this.options, {
        start: ends,
        top: ofGroup(baseMomentum, i),
        end: ends,
      })
      setMomentum(group, value)
    })
  }
}

/** Options whose `totalSteps` are epochs · stepsPerEpoch where those are given. */
function withTotal(given: OneCycleLROptions): Partial<Options> {
  if (typeof given !== 'object' || (given as unknown) === null || Array.isArray(given)) return given
  checkNames('OneCycleLR', NAMES, given)
  const { epochs, stepsPerEpoch, ...options } = given
  if (epochs === undefined && stepsPerEpoch === undefined) return options
  const who = 'OneCycleLR'
  if (options.totalSteps !== undefined) {
    throw new ValueError(`${who}: give totalSteps, or epochs and stepsPerEpoch, not both`)
  }
  checkCount(who, 'epochs', epochs, 1)
  checkCount(who, 'stepsPerEpoch', stepsPerEpoch, 1)
  return { ...options, totalSteps: epochs * stepsPerEpoch }
}

/** A value at a step, from phase to phase. */
function valueAt(step: number, options: Options, { start, top, end }: Heights): number {
  const { totalSteps, pctStart, annealStrategy, threePhase } = options
  const last = totalSteps - 1
  const up = pctStart * totalSteps - 1
  const phases = threePhase
    ? [
        { until: up, from: start, to: top },
        { until: 2 * pctStart * totalSteps - 2, from: top, to: start },
        { until: last, from: start, to: end },
      ]
    : [
        { until: up, from: start, to: top },
        { until: last, from: top, to: end },
      ]
  const found = phases.findIndex(({ until }) => step <= until)
  const index = found < 0 ? phases.length - 1 : found
  const { until, from, to } = phases[index]!
  const since = index === 0 ? 0 : phases[index - 1]!.until
  const part = until > since ? Math.min((step - since) / (until - since), 1) : 1
  return annealStrategy === 'cos' ? cosine(from, to, part) : from + (to - from) * part
}
