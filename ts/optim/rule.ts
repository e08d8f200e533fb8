import type { Kernels, ParameterSlot, View } from '../kernels/kernels.js'
import type { HyperTable } from './hyper.js'

/** What one step of a rule works on: the parameters of one dtype in one group. */
export interface Update {
  /** float64, where the rule's hyper-parameters wrote themselves. */
  readonly hyper: View
  /** float64, one counter a parameter of the group, at `slot.index`; the step counts it up. */
  readonly steps: View
  /** The arrays of `UpdateRule.stateArrays`, one after the other, each of `stateLength` elements. */
  readonly state: View
  readonly stateLength: number
  readonly slots: readonly ParameterSlot[]
}

/**
 * The mathematics of an optimizer: everything that differs between SGD and Adam. Groups, checks,
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
  /** PyTorch's names of the arrays that are kept for each parameter under these options. */
  stateArrays(options: O): readonly string[]
  /** Whether a state dict holds the step count. */
  readonly countsSteps: boolean
  /** One step, by one kernel call. */
  step(kernels: Kernels, update: Update): void
}
