import { kernels } from '../../kernels/backend.js'
import { ActivationKind, BinaryKind, Broadcast } from '../../kernels/kernels.js'
import type { KernelArgs, KernelCall } from '../../kernels/operations.js'
import { isWrittenBetween, sameView, usesByBuffer } from './tensors.js'
import type { Values } from './values.js'

/** Has a matrix product add the row that is added to its result, which then exists nowhere. */
export function foldBias(calls: readonly KernelCall[], values: Values): KernelCall[] {
  const folded = [...calls]
  const dropped = new Set<number>()
  const uses = usesByBuffer(calls)
  calls.forEach((call, at) => {
    if (call.method !== 'binary' || call.args.kind !== BinaryKind.add) return
    const { a: sums, b: bias, out } = call.args
    const used = uses.get(sums.buffer)!
    if (!values.has(sums.buffer) || used.length !== 2 || used[1] !== at) return
    const at0 = used[0]!
    const producer = calls[at0]!
    if (producer.method !== 'matmul' || !sameView(producer.args.out, sums)) return
    if (!isPlain(producer.args) || !isRow(call.args, producer.args)) return
    // float32 is added to by the reference before it is rounded.
    if (kernels().name === 'reference' && out.dtype === 'float32') return
    // The row is read and the result is written earlier than they were.
    if (isWrittenBetween(calls, [bias], at0, at)) return
    if (uses.get(out.buffer)!.some((use) => use >= at0 && use < at)) return
    folded[at0] = { ...producer, args: { ...producer.args, out, bias } }
    dropped.add(at)
  })
  return folded.filter((_, i) => !dropped.has(i))
}

/** Whether the sums are stored as they are. */
function isPlain({ alpha = 1, beta = 0, bias = null, activation }: KernelArgs['matmul']): boolean {
  const isIdentity = (activation ?? ActivationKind.identity) === ActivationKind.identity
  return alpha === 1 && beta === 0 && bias === null && isIdentity
}

/** Whether what is added is the same for each row of the product. */
function isRow(
  { broadcast, b, rows, cols }: KernelArgs['binary'],
  { m, n }: KernelArgs['matmul'],
): boolean {
  if (b.length !== n || rows * cols !== m * n) return false
  if (broadcast === Broadcast.row) return cols === n
  return broadcast === Broadcast.scalar || m === 1
}
