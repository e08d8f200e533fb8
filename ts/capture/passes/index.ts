import type { KernelCall } from '../../kernels/operations.js'
import { dropUnused } from './drop-unused.js'
import { foldBias } from './fold-bias.js'
import { fuseActivations } from './fuse-activation.js'
import { maskBeforePool } from './mask-before-pool.js'
import { overlapAllReduce } from './overlap-all-reduce.js'
import type { Values } from './values.js'
import { writeInPlace } from './write-in-place.js'

type Pass = (calls: readonly KernelCall[], values: Values) => KernelCall[]

/** In this order: each finds more where those before it have worked, and the last one only moves calls. */
const passes: readonly Pass[] = [
  dropUnused,
  foldBias,
  fuseActivations,
  maskBeforePool,
  writeInPlace,
  overlapAllReduce,
]

/**
 * Shortens the calls of a captured step. What the step leaves behind (parameters, states, generators,
 * results) comes out the same to the last bit; what it keeps for itself may not be there any more.
 */
export function shorten(calls: readonly KernelCall[], values: Values): readonly KernelCall[] {
  return passes.reduce((before, pass) => pass(before, values), calls)
}
