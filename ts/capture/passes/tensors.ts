import { itemSize } from '../../kernels/dtype.js'
import type { View } from '../../kernels/kernels.js'
import { argument, type KernelCall, writtenBy } from '../../kernels/operations.js'
import { Tensor } from '../../tensor/tensor.js'

/** The tensors among the arguments of a call, in order. */
export function tensorsOf(value: unknown, found: Tensor[] = []): Tensor[] {
  if (value instanceof Tensor) found.push(value)
  else if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) tensorsOf(part, found)
  }
  return found
}

/** The same arguments with other tensors. */
export function mapTensors(value: unknown, map: (tensor: Tensor) => Tensor): unknown {
  if (value instanceof Tensor) return map(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((part) => mapTensors(part, map))
  const parts = Object.entries(value).map(([key, part]) => [key, mapTensors(part, map)])
  return Object.fromEntries(parts) as unknown
}

/** The same call on other tensors. */
export function withTensors(call: KernelCall, map: (tensor: Tensor) => Tensor): KernelCall {
  return { ...call, args: mapTensors(call.args, map) } as KernelCall
}

/** Whether two arguments are the same elements of the same memory. */
export function sameView(a: unknown, b: unknown): boolean {
  if (!(a instanceof Tensor) || !(b instanceof Tensor)) return false
  const same = (x: View, y: View): boolean =>
    x.buffer === y.buffer && x.byteOffset === y.byteOffset && x.dtype === y.dtype
  return same(a, b) && a.length === b.length
}

/** Whether two tensors have memory in common. */
export function overlap(a: View, b: View): boolean {
  const endOf = ({ byteOffset, length, dtype }: View): number =>
    byteOffset + length * itemSize[dtype]
  return a.buffer === b.buffer && a.byteOffset < endOf(b) && b.byteOffset < endOf(a)
}

/** The calls that each piece of memory is mentioned in, in order. */
export function usesByBuffer(calls: readonly KernelCall[]): Map<ArrayBuffer, number[]> {
  const uses = new Map<ArrayBuffer, number[]>()
  calls.forEach(({ args }, i) => {
    for (const { buffer } of tensorsOf(args)) {
      const known = uses.get(buffer)
      if (known === undefined) uses.set(buffer, [i])
      else if (known.at(-1) !== i) known.push(i)
    }
  })
  return uses
}

/** Whether a call from `first` to before `end` writes to memory of one of the views. */
export function isWrittenBetween(
  calls: readonly KernelCall[],
  views: readonly View[],
  first: number,
  end: number,
): boolean {
  const buffers = new Set(views.map(({ buffer }) => buffer))
  return calls
    .slice(first, end)
    .some((call) =>
      tensorsOf(writtenBy(call).map((name) => argument(call, name))).some(({ buffer }) =>
        buffers.has(buffer),
      ),
    )
}
