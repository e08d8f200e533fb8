import type { AllReduceArgs } from '../all-reduce.js'
import { refuseOthers } from '../processes.js'
import { elements } from './operand.js'

/** The reference has no way to other processes: it is the sum over one. */
export function allReduce({ x, n }: AllReduceArgs): void {
  refuseOthers('allReduce')
  elements(x, n, 'allReduce', 'x')
}

export function allReduceStart({ x, n }: AllReduceArgs): void {
  refuseOthers('allReduceStart')
  elements(x, n, 'allReduceStart', 'x')
}

export function allReduceWait({ x, n }: AllReduceArgs): void {
  elements(x, n, 'allReduceWait', 'x')
}

export const allReduceKernels = { allReduce, allReduceStart, allReduceWait }
