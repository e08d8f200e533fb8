import {
  type Kernels,
  type ParameterSlot,
  UpdateHyper,
  type UpdateKind,
  type View,
} from '../kernels/kernels.js'
import type { HyperTable } from './hyper.js'

/** What one step of a rule works on: the parameters of one dtype in one group. */
export interface Update {
  /** float64, where the rule's hyper-parameters wrote themselves. */
  readonly hyper: View
  /** float64, one counter a parameter of the group, at `slot.index`; the step counts it up. */
  readonly steps: View
  /** float64, one a parameter as in `steps`: the number that `UpdateRule.number` names. */
  readonly numbers: View
  /** The arrays of `UpdateRule.stateArrays`, one after the other, each of `stateLength` elements. */
  readonly state: View
  readonly stateLength: number
  readonly slots: readonly ParameterSlot[]
}

/**
 * The mathematics of an optimizer: everything that differs between SGD and Adam, say. Groups, checks,
 * state and checkpoints are the same for all and live in `Optimizer`.
 *
 * @typeParam O the options, each with its default
 */
export interface UpdateRule<O> {
  /** Opens error messages. */
  readonly name: string
  readonly hyper: HyperTable<O>
  /** Elements of the hyper buffer. */
  readonly hyperLength: number
  /** Places of the hyper buffer that no option sets, and their values. */
  readonly constants?: readonly (readonly [place: number, value: number])[]
  /** Why options, each valid alone, do not go together. */
  conflict?(options: O): string | undefined
  /**
   * PyTorch's names of the arrays that are kept for each parameter under these options, each at a
   * place of its own; null is a place that these options leave empty.
   */
  stateArrays(options: O): readonly (string | null)[]
  /** PyTorch's name of a number that is kept for each parameter besides the step count. */
  readonly number?: string
  /** Whether a state dict holds the step count. */
  readonly countsSteps: boolean
  /**
   * What the arrays hold before the first step, 0 where it is left out, of a rule whose state dict has
   * parameters that were never updated, as PyTorch's Adagrad.
   */
  initialState?(options: O): number
  /** One step, by one kernel call. */
  step(kernels: Kernels, update: Update): void
}

type RuleOfStep<O> = Omit<UpdateRule<O>, 'hyperLength' | 'countsSteps' | 'step'> & {
  /** Default true. */
  readonly countsSteps?: boolean
}

/** A rule whose step is the kernel `updateStep`. */
export function updateRule<O>(kind: UpdateKind, rule: RuleOfStep<O>): UpdateRule<O> {
  return {
    countsSteps: true,
    ...rule,
    hyperLength: UpdateHyper.length,
    step(kernels, { hyper, steps, numbers, state, stateLength, slots }) {
      kernels.updateStep({ kind, hyper, steps, products: numbers, state, stateLength, slots })
    },
  }
}
