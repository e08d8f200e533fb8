import { itemSize } from '../../kernels/dtype.js'
import type { View } from '../../kernels/kernels.js'
import { argument, type KernelCall, overwrittenBy } from '../../kernels/operations.js'
import { overlap, sameView, tensorsOf, usesByBuffer } from './tensors.js'
import type { Values } from './values.js'

/**
 * Has a sum be written where it is copied to, as the gradient by a leaf is, or a result: the copy goes, and
 * the memory for it.
 */
export function writeInPlace(calls: readonly KernelCall[], values: Values): KernelCall[] {
  const written = [...calls]
  const dropped = new Set<number>()
  const uses = usesByBuffer(calls)
  calls.forEach((call, at) => {
    const copy = copyOf(call)
    if (copy === null) return
    const { x, y } = copy
    const whole = values.get(x.buffer) === x.length * itemSize[x.dtype] && x.byteOffset === 0
    const used = uses.get(x.buffer)!
    if (!whole || used.length !== 2 || used[1] !== at) return
    const from = used[0]!
    const producer = written[from]!
    const result = overwrittenBy(producer).find((name) => sameView(argument(producer, name), x))
    if (result === undefined || !isSum(producer)) return
    // The result is there earlier than it was, also when a call between refuses what it finds.
    if (calls.slice(from, at).some(({ caller }) => caller !== undefined)) return
    const between = uses.get(y.buffer)!.filter((use) => use >= from && use < at)
    if (between.some((use) => tensorsOf(calls[use]!.args).some((other) => overlap(other, y))))
      return
    written[from] = { ...producer, args: { ...producer.args, [result]: y } } as KernelCall
    dropped.add(at)
  })
  return written.filter((_, i) => !dropped.has(i))
}

/** What a call copies in full; null where it does not. */
function copyOf({ method, args }: KernelCall): { x: View; y: View } | null {
  if (method !== 'copy' && method !== 'axpby') return null
  if (method === 'axpby' && (args.alpha !== 1 || args.beta !== 0)) return null
  const { x, y, n } = args
  return x.length === n && y.length === n && x.dtype === y.dtype ? { x, y } : null
}

/**
 * Whether a call gives sums and no numbers as it has found them: where denormal numbers are set to 0, the
 * copy of one would be 0.
 */
function isSum({ method, args }: KernelCall): boolean {
  switch (method) {
    case 'matmul':
    case 'batchMatmul':
    case 'conv2dWeightGradient':
    case 'channelSum':
      return true
    case 'reduce':
      return args.n > 1
    default:
      return false
  }
}
