import { allocate } from '../kernels/allocate.js'
import { itemSize } from '../kernels/dtype.js'
import { argument, type KernelCall, writtenBy } from '../kernels/operations.js'
import { Tensor } from '../tensor/tensor.js'
import { tensorsOf, withTensors } from './passes/tensors.js'

// So that copies are aligned as what they are copies of.
const ALIGNMENT = 64

/** The part of a buffer that calls work on, and a copy of it. */
interface Part {
  readonly start: number
  readonly there: Uint8Array
  readonly here: Uint8Array<ArrayBuffer>
  /** Ranges that calls write, from `start` on. */
  readonly written: Range[]
}

interface Range {
  readonly begin: number
  readonly end: number
}

/**
 * A copy of all memory that calls work on and others can reach: a run works on it where memory could go
 * away under it. What the calls write is copied back at the end.
 */
export class OwnMemory {
  readonly #parts = new Map<ArrayBuffer, Part>()

  /** @param unreachable Memory that nobody else has; it needs no copy. */
  constructor(calls: readonly KernelCall[], unreachable: ReadonlySet<ArrayBuffer>) {
    const extents = new Map<ArrayBuffer, Range>()
    for (const tensor of tensorsOf(calls.map(({ args }) => args))) {
      if (unreachable.has(tensor.buffer)) continue
      const { begin, end } = rangeOf(tensor)
      const known = extents.get(tensor.buffer) ?? { begin, end }
      extents.set(tensor.buffer, {
        begin: Math.min(begin, known.begin),
        end: Math.max(end, known.end),
      })
    }
    for (const [buffer, { begin, end }] of extents) {
      const start = begin - (begin % ALIGNMENT)
      const there = new Uint8Array(buffer, start, end - start)
      const here = new Uint8Array(allocate(there.length))
      this.#parts.set(buffer, { start, there, here, written: [] })
    }
    for (const call of calls) {
      const results = writtenBy(call).map((name) => argument(call, name))
      for (const tensor of tensorsOf(results)) {
        const part = this.#parts.get(tensor.buffer)
        if (part !== undefined) noteWritten(part, rangeOf(tensor))
      }
    }
  }

  /** The calls on the copy. */
  moved(calls: readonly KernelCall[]): KernelCall[] {
    return calls.map((call) => withTensors(call, (tensor) => this.of(tensor)))
  }

  /** Where the copy has a tensor; itself when it needs none. */
  of(tensor: Tensor): Tensor {
    const { buffer, byteOffset, shape, dtype, length } = tensor
    const part = this.#parts.get(buffer)
    if (part === undefined) return tensor
    return new Tensor(part.here.buffer, byteOffset - part.start, shape, dtype, length)
  }

  copyIn(): void {
    for (const { there, here } of this.#parts.values()) here.set(there)
  }

  /** Returns whether all of the memory was still there. */
  copyOut(): boolean {
    let whole = true
    for (const { there, here, written } of this.#parts.values()) {
      if (there.length !== here.length) {
        whole = false
        continue
      }
      for (const { begin, end } of written) there.set(here.subarray(begin, end), begin)
    }
    return whole
  }
}

function rangeOf({ byteOffset, length, dtype }: Tensor): Range {
  return { begin: byteOffset, end: byteOffset + length * itemSize[dtype] }
}

function noteWritten({ start, written }: Part, { begin, end }: Range): void {
  const range = { begin: begin - start, end: end - start }
  const known = written.some((other) => other.begin <= range.begin && other.end >= range.end)
  if (!known) written.push(range)
}
