import * as options from '../options.js'
import { unread } from './hyper.js'
import type { UpdateRule } from './rule.js'

export interface LBFGSOptions {
  /** Learning rate γ: the length of a step, or the one that the line search tries first. Default 1. */
  lr?: number
  /** Iterations of a `step`. Default 20. */
  maxIter?: number
  /** Calls of the closure after which a `step` ends. Default: 1.25 · maxIter. */
  maxEval?: number
  /** A `step` ends where no element of the gradient is larger. Default 1e-7. */
  toleranceGrad?: number
  /** A `step` ends where the loss, or no parameter, changes by more. Default 1e-9. */
  toleranceChange?: number
  /** m, how many of the last steps the curvature is estimated from. Default 100. */
  historySize?: number
  /** `strong_wolfe` looks for the length of each step; null takes γ. Default null. */
  lineSearchFn?: 'strong_wolfe' | null
}

type Options = Required<LBFGSOptions>

const LINE_SEARCH: options.Option<Options['lineSearchFn']> = {
  initial: null,
  expected: "'strong_wolfe' or null",
  accepts: (value) => value === null || value === 'strong_wolfe',
}

/** The options by their names in a state dict; the steps are in lbfgs-step.ts. */
export const lbfgsRule: UpdateRule<Options> = {
  name: 'LBFGS',
  hyper: {
    lr: unread('lr', options.atLeast(0, 1)),
    maxIter: unread('max_iter', options.whole(1, 20)),
    maxEval: unread('max_eval', options.whole(1, 25)),
    toleranceGrad: unread('tolerance_grad', options.atLeast(0, 1e-7)),
    toleranceChange: unread('tolerance_change', options.atLeast(0, 1e-9)),
    historySize: unread('history_size', options.whole(1, 100)),
    lineSearchFn: unread('line_search_fn', LINE_SEARCH),
  },
  hyperLength: 0,
  stateArrays: () => [],
  countsSteps: false,
  step() {},
}

/** Options whose `maxEval` follows from `maxIter` where it is not given. */
export function withMaxEval(given: LBFGSOptions): LBFGSOptions {
  const { maxIter, maxEval } = (given as LBFGSOptions | null | undefined) ?? {}
  if (typeof maxIter !== 'number' || maxEval !== undefined) return given
  return { ...given, maxEval: Math.max(1, Math.floor(1.25 * maxIter)) }
}
