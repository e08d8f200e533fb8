import type { KernelCall } from '../kernels/operations.js'
import { formatShape, Tensor } from '../tensor/tensor.js'
import { tensorsOf } from './passes/tensors.js'

/** Times of the calls, in milliseconds summed over `times` runs. */
export interface Timing {
  readonly times: number
  readonly milliseconds: readonly number[]
}

interface Described {
  readonly calls: readonly KernelCall[]
  readonly timing?: Timing
}

/** The calls that were recorded, and those that are run instead. */
export function describeBoth(recorded: Described, run: Described): string {
  const memory = new Set(run.calls.flatMap(({ args }) => tensorsOf(args)).map((t) => t.buffer))
  const mebibytes =
    Array.from(memory).reduce((sum, { byteLength }) => sum + byteLength, 0) / 2 ** 20
  return [
    `recorded: ${recorded.calls.length} calls`,
    describeCalls(recorded),
    `run: ${run.calls.length} calls, on ${mebibytes.toPrecision(3)} MiB`,
    describeCalls(run),
  ].join('\n')
}

/** The calls as a table, one a line. Tensors are numbered in the order of their appearance. */
function describeCalls({ calls, timing }: Described): string {
  const numbers = new Map<ArrayBuffer, Map<number, number>>()
  let count = 0
  const show = (value: unknown): string => {
    if (value instanceof Tensor) {
      const offsets = numbers.get(value.buffer) ?? new Map<number, number>()
      numbers.set(value.buffer, offsets)
      if (!offsets.has(value.byteOffset)) offsets.set(value.byteOffset, count++)
      return `t${offsets.get(value.byteOffset)}${formatShape(value.shape)}`
    }
    if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
    if (typeof value !== 'object' || value === null) return String(value)
    return `{ ${shown(value)} }`
  }
  const shown = (value: object): string =>
    Object.entries(value)
      .map(([key, part]) => `${key}: ${show(part)}`)
      .join(', ')
  const width = Math.max(0, ...calls.map(({ method }) => method.length))
  const lines = calls.map(({ method, args }, i) => {
    const time =
      timing === undefined
        ? ''
        : `${((timing.milliseconds[i]! / timing.times) * 1000).toFixed(2).padStart(10)} us  `
    return `${String(i).padStart(3)}  ${time}${method.padEnd(width)}  ${shown(args)}`
  })
  if (timing === undefined) return lines.join('\n')
  const total = timing.milliseconds.reduce((sum, ms) => sum + ms, 0) / timing.times
  return [...lines, `     ${(total * 1000).toFixed(2).padStart(10)} us  in all`].join('\n')
}
