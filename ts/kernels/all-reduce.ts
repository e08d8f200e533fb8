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

export const allReduceOperations = { allReduce }
