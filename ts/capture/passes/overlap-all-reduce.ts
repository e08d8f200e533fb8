import type { KernelCall } from '../../kernels/operations.js'
import { overlap, tensorsOf } from './tensors.js'

/**
 * Has sums over all processes begin as soon as the last call before them that has to do with their memory is
 * done, and be waited for when the next one comes: gradients travel while those of earlier layers are computed.
 * They begin in the order in which they were recorded, so that all processes begin the same.
 */
export function overlapAllReduce(calls: readonly KernelCall[]): KernelCall[] {
  const uses = (at: number, { args }: AllReduce): boolean =>
    tensorsOf(calls[at]!.args).some((tensor) => overlap(tensor, args.x))
  /** Begun before the call of a number, and waited for. */
  const [starts, waits] = [new Map<number, KernelCall[]>(), new Map<number, KernelCall[]>()]
  const split = new Set<number>()
  let first = 0
  calls.forEach((call, at) => {
    if (call.method !== 'allReduce') return
    let start = at
    while (start > first && !uses(start - 1, call)) start--
    let wait = at + 1
    while (wait < calls.length && !uses(wait, call)) wait++
    // Those that are waited for at once, as in the middle of a layer, hold nobody up.
    if (start === at && wait === at + 1) return
    first = start
    split.add(at)
    add(starts, start, { ...call, method: 'allReduceStart' })
    add(waits, wait, { ...call, method: 'allReduceWait' })
  })
  if (split.size === 0) return [...calls]
  return Array.from({ length: calls.length + 1 }, (_, at) => at).flatMap((at) => [
    ...(waits.get(at) ?? []),
    ...(starts.get(at) ?? []),
    ...(at === calls.length || split.has(at) ? [] : [calls[at]!]),
  ])
}

type AllReduce = KernelCall & { readonly method: 'allReduce' }

function add(map: Map<number, KernelCall[]>, at: number, call: KernelCall): void {
  map.set(at, [...(map.get(at) ?? []), call])
}
