import { type ArgsOf, number, operation, updated } from './operation.js'

/**
 * x[i] = the sum of x[i] of all processes of the job, in the order of their ranks; nothing in a process of its own.
 * Waits for the others.
 */
export const allReduce = operation('x', {
  x: updated,
  n: number,
})
export type AllReduceArgs = ArgsOf<typeof allReduce>

/** The same, which goes on beside what comes next: x must be left alone until `allReduceWait` of it. */
export const allReduceStart = operation('x', {
  x: updated,
  n: number,
})

/** Waits until the sum that `allReduceStart` has begun is there; where there is none, it does nothing. */
export const allReduceWait = operation('x', {
  x: updated,
  n: number,
})

export const allReduceOperations = { allReduce, allReduceStart, allReduceWait }
