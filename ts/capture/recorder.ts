import { currentCaller, recordWith } from '../kernels/backend.js'
import { isView, type Kernels } from '../kernels/kernels.js'
import { type KernelCall, operations } from '../kernels/operations.js'
import type { Capture } from '../kernels/program.js'
import { Tensor } from '../tensor/tensor.js'

/** What one run of a function computes: the calls, and what it returned. */
export interface Recording<O> {
  readonly calls: readonly KernelCall[]
  readonly result: O
}

/** Runs `body`, whose kernel calls are taken down for `capture` instead of being computed. */
export function record<O>(capture: Capture, backend: Kernels['name'], body: () => O): Recording<O> {
  const calls: KernelCall[] = []
  const result = recordWith(capture, recorderOf(backend, calls), body)
  return { calls, result }
}

function recorderOf(name: Kernels['name'], calls: KernelCall[]): Kernels {
  const recording = Object.keys(operations).map((method) => [
    method,
    (args: object) => {
      calls.push({ method, args: snapshot(args), caller: currentCaller() } as KernelCall)
    },
  ])
  return { ...(Object.fromEntries(recording) as unknown as Kernels), name }
}

/** An argument as it is now: callers change their options and tensors their storage. */
function snapshot(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isView(value)) {
    const { buffer, byteOffset, dtype, length } = value
    const shape = value instanceof Tensor ? value.shape : [length]
    return new Tensor(buffer, byteOffset, shape, dtype, length)
  }
  if (Array.isArray(value)) return value.map(snapshot)
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, snapshot(part)]))
}
