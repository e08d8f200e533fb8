import { checkArguments, isFunction } from '../../check.js'
import { AbsoluteLR } from './formula.js'
import { checkMomentum, setMomentum } from './momentum.js'
import {
  atLeastZero,
  checkGroups,
  choice,
  flag,
  ofGroup,
  type Option,
  type OptionTable,
  perGroup,
  share,
  whole,
} from './options.js'
import type { Schedulable, SchedulerStateDict } from './scheduler.js'

export interface CyclicLROptions {
  /** The lowest learning rate; one for all groups or one for each. */
  baseLr: number | readonly number[]
  /** The highest learning rate of the first cycle; one for all groups or one for each. */
  maxLr: number | readonly number[]
  /** Steps up. Default 2000. */
  stepSizeUp?: number
  /** Steps down. Default: as many as up. */
  stepSizeDown?: number
  /**
   * How high cycle c = 1, 2, … goes: `triangular` all the same, `triangular2` each half as high as the
   * one before, `exp_range` lower by γ at every step. Default `triangular`.
   */
  mode?: 'triangular' | 'triangular2' | 'exp_range'
  /** γ of `exp_range`. Default 1. */
  gamma?: number
  /** In place of `mode`: what the height is multiplied by, of the number c of the cycle or of the step. */
  scaleFn?: ((x: number) => number) | null
  /** What `scaleFn` is given. Default `cycle`. */
  scaleMode?: 'cycle' | 'iterations'
  /**
   * Whether momentum (β₁ where the optimizer has betas) falls while the learning rate rises, and the
   * other way round. Default true.
   */
  cycleMomentum?: boolean
  /** The momentum at the highest learning rate; one for all groups or one for each. Default 0.8. */
  baseMomentum?: number | readonly number[]
  /** The momentum at the lowest learning rate; one for all groups or one for each. Default 0.9. */
  maxMomentum?: number | readonly number[]
}

type Options = Required<CyclicLROptions>

const SCALE_FN: Option<Options['scaleFn']> = {
  key: null,
  initial: null,
  expected: 'a function from a number to a number',
  accepts: (value) => value === null || isFunction(value),
}

const table: OptionTable<Options> = {
  baseLr: perGroup('base_lrs', atLeastZero('base_lrs')),
  maxLr: perGroup('max_lrs', atLeastZero('max_lrs')),
  stepSizeUp: whole('step_size_up', 1, 2000),
  stepSizeDown: whole('step_size_down', 1, 2000),
  mode: choice('mode', 'triangular', ['triangular', 'triangular2', 'exp_range']),
  gamma: atLeastZero('gamma', 1),
  scaleFn: SCALE_FN,
  scaleMode: choice('scale_mode', 'cycle', ['cycle', 'iterations']),
  cycleMomentum: flag('cycle_momentum', true),
  baseMomentum: perGroup('base_momentums', share('base_momentums', 0.8, '[0, 1)')),
  maxMomentum: perGroup('max_momentums', share('max_momentums', 0.9, '[0, 1)')),
}

const PER_GROUP = ['baseLr', 'maxLr', 'baseMomentum', 'maxMomentum']

/**
 * Up and down between two learning rates, again and again; momentum moves the other way. Call `step()`
 * after every batch. In cycle c = 1, 2, … of up + down steps, with h rising from 0 to 1 over the steps up
 * and falling back to 0 over those down:
 *
 *     lr = baseLr + (maxLr - baseLr) h s
 *     momentum = maxMomentum - (maxMomentum - baseMomentum) h s
 *     s = 1, or 2^(1 - c) of triangular2, or γ^step of exp_range
 *
 * The learning rate of the optimizer does not matter: it is overwritten.
 *
 * State dict: `base_lrs`, `max_lrs`, `base_momentums`, `max_momentums`, `total_size` (up + down),
 * `step_ratio` (the part of it that goes up), `mode`, `gamma`, `scale_mode`, `cycle_momentum`,
 * `last_epoch`, `_last_lr`; `scaleFn`, a function, is not saved.
 *
 * @see Smith, https://arxiv.org/abs/1506.01186
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CyclicLR.html
 *
 * @example
 * const scheduler = new optim.CyclicLR(optimizer, { baseLr: 1e-3, maxLr: 0.1, stepSizeUp: 4 * loader.length })
 */
export class CyclicLR extends AbsoluteLR<Options> {
  /**
   * @throws ValueError for an option out of its range, or when the optimizer has neither momentum nor
   *   betas to cycle.
   */
  constructor(optimizer: Schedulable, options: CyclicLROptions) {
    checkArguments(new.target.name, 2, arguments)
    super('CyclicLR', table, optimizer, withDown(options))
  }

  protected override checkOptions(options: Options): void {
    checkGroups(this.who, options, PER_GROUP, this.optimizer.paramGroups.length)
    if (options.cycleMomentum) checkMomentum(this.who, this.optimizer)
  }

  protected override startingLr(_group: { lr: number }, index: number): number {
    return ofGroup(this.options.baseLr, index)
  }

  protected override lrAt(step: number, base: number, group: number): number {
    const height = (ofGroup(this.options.maxLr, group) - base) * heightAt(step, this.options)
    return base + height * scaleAt(step, this.options)
  }

  protected override assign(epoch: number, lrs: readonly number[]): void {
    const { cycleMomentum, baseMomentum, maxMomentum } = this.options
    checkGroups(this.who, this.options, PER_GROUP, lrs.length)
    super.assign(epoch, lrs)
    if (!cycleMomentum) return
    this.optimizer.paramGroups.forEach((group, i) => {
      const most = ofGroup(maxMomentum, i)
      const fall = (most - ofGroup(baseMomentum, i)) * heightAt(epoch, this.options)
      setMomentum(group, most - fall * scaleAt(epoch, this.options))
    })
  }

  protected override derivedState(): SchedulerStateDict {
    const { stepSizeUp, stepSizeDown, ...options } = this.options
    const each = (value: number | readonly number[]): number[] =>
      this.optimizer.paramGroups.map((_, group) => ofGroup(value, group))
    return {
      total_size: stepSizeUp + stepSizeDown,
      step_ratio: stepSizeUp / (stepSizeUp + stepSizeDown),
      scale_mode: counts(this.options),
      max_lrs: each(options.maxLr),
      base_momentums: each(options.baseMomentum),
      max_momentums: each(options.maxMomentum),
    }
  }

  override loadStateDict(state: SchedulerStateDict): void {
    super.loadStateDict(withSizes(state))
  }
}

/** Options with as many steps down as up where those are not given. */
function withDown(given: CyclicLROptions): CyclicLROptions {
  if (typeof given !== 'object' || (given as unknown) === null) return given
  const { stepSizeUp, stepSizeDown } = given
  if (stepSizeUp === undefined || stepSizeDown !== undefined) return given
  return { ...given, stepSizeDown: stepSizeUp }
}

/** PyTorch keeps the steps of a cycle and the part of them that goes up. */
function withSizes(state: SchedulerStateDict): SchedulerStateDict {
  if (typeof state !== 'object' || (state as unknown) === null) return state
  const { total_size: total, step_ratio: ratio } = state
  if (typeof total !== 'number' || typeof ratio !== 'number') return state
  const up = Math.round(total * ratio)
  return { step_size_up: up, step_size_down: total - up, ...state }
}

/** From 0 at the ends of a cycle to 1 at its top. */
function heightAt(step: number, { stepSizeUp, stepSizeDown }: Options): number {
  const total = stepSizeUp + stepSizeDown
  const ratio = stepSizeUp / total
  const x = 1 + step / total - Math.floor(1 + step / total)
  return x <= ratio ? x / ratio : (x - 1) / (ratio - 1)
}

function counts({ mode, scaleFn, scaleMode }: Options): Options['scaleMode'] {
  if (scaleFn !== null) return scaleMode
  return mode === 'exp_range' ? 'iterations' : 'cycle'
}

function scaleAt(step: number, options: Options): number {
  const { mode, gamma, scaleFn, stepSizeUp, stepSizeDown } = options
  const x = counts(options) === 'cycle' ? Math.floor(1 + step / (stepSizeUp + stepSizeDown)) : step
  if (scaleFn !== null) return scaleFn(x)
  if (mode === 'triangular2') return 1 / 2 ** (x - 1)
  return mode === 'exp_range' ? gamma ** x : 1
}
