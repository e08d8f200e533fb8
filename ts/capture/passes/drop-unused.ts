import { argument, type KernelCall, writtenBy } from '../../kernels/operations.js'
import { tensorsOf } from './tensors.js'
import type { Values } from './values.js'

/**
 * Leaves out what computes only values that nothing reads, such as the 1 that a backward pass begins with.
 * What may refuse a number in a tensor stays, to refuse it.
 */
export function dropUnused(calls: readonly KernelCall[], values: Values): KernelCall[] {
  const read = new Set<ArrayBuffer>()
  const used = calls.toReversed().filter((call) => {
    const results = tensorsOf(writtenBy(call).map((name) => argument(call, name)))
    const isUsed = results.some(({ buffer }) => !values.has(buffer) || read.has(buffer))
    if (results.length > 0 && !isUsed && call.caller === undefined) return false
    for (const { buffer } of tensorsOf(call.args)) read.add(buffer)
    return true
  })
  return used.reverse()
}
