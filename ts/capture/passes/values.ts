import { allocate } from '../../kernels/allocate.js'
import { argument, inPlaceOf, type KernelCall, overwrittenBy } from '../../kernels/operations.js'
import { itemSize } from '../../kernels/dtype.js'
import { Tensor } from '../../tensor/tensor.js'
import { mapTensors, tensorsOf, withTensors } from './tensors.js'

/**
 * Sizes in bytes of the values of a step: what its scratch memory holds from one overwriting to the
 * next. While passes work on the calls a value has no place yet; an ArrayBuffer of no length stands
 * for it.
 */
export type Values = Map<ArrayBuffer, number>

export interface Lifted {
  readonly calls: readonly KernelCall[]
  readonly values: Values
}

/** What a piece of scratch memory holds at some call. */
interface Holding {
  readonly value: ArrayBuffer
  readonly start: number
  readonly end: number
}

/**
 * Takes what lies in `scratch` out of its memory, so that it is written once (and perhaps updated).
 * Memory that is read before the step has overwritten all that is read stays where it is.
 */
export function liftScratch(
  calls: readonly KernelCall[],
  scratch: ReadonlySet<ArrayBuffer>,
): Lifted {
  const liftable = new Set(scratch)
  // Whether memory can be lifted is known at the last call, and one that cannot changes nothing for
  // others, so it is left out and the rest done again.
  for (;;) {
    const { lifted, unliftable } = tryToLift(calls, liftable)
    if (unliftable.size === 0) return lifted
    for (const buffer of unliftable) liftable.delete(buffer)
  }
}

function tryToLift(
  calls: readonly KernelCall[],
  liftable: ReadonlySet<ArrayBuffer>,
): { lifted: Lifted; unliftable: Set<ArrayBuffer> } {
  const unliftable = new Set<ArrayBuffer>()
  const values: Values = new Map()
  const held = new Map<ArrayBuffer, Holding>()
  const lifted = calls.map((call): KernelCall => {
    const overwritten = overwrittenBy(call)
    // Operands hold what earlier calls left, so they are looked at before the results.
    const args: Record<string, unknown> = { ...call.args }
    for (const [name, arg] of Object.entries(args)) {
      if (!overwritten.includes(name)) args[name] = mapTensors(arg, read)
    }
    for (const name of overwritten) {
      const result = args[name]
      if (!(result instanceof Tensor) || !liftable.has(result.buffer)) continue
      const [start, bytes] = [result.byteOffset, bytesOf(result)]
      const value = new ArrayBuffer(0)
      values.set(value, bytes)
      held.set(result.buffer, { value, start, end: start + bytes })
      args[name] = moved(result, value, 0)
    }
    return { ...call, args } as KernelCall
  })
  return { lifted: { calls: lifted, values }, unliftable }

  function read(tensor: Tensor): Tensor {
    const { buffer, byteOffset } = tensor
    if (!liftable.has(buffer)) return tensor
    const holding = held.get(buffer)
    const inside =
      holding !== undefined &&
      byteOffset >= holding.start &&
      byteOffset + bytesOf(tensor) <= holding.end
    if (inside) return moved(tensor, holding.value, byteOffset - holding.start)
    unliftable.add(buffer)
    return tensor
  }
}

// Bytes: a line of the caches, and the widest vector.
const ALIGNMENT = 64

/** Values that lie in the same place one after the other, from the first call to the last. */
interface Lifetime {
  readonly values: ArrayBuffer[]
  readonly bytes: number
  readonly first: number
  last: number
}

/**
 * Gives the values places in one piece of memory, where those that are never there at the same time
 * may share theirs. A result goes over an operand that is not needed any more where the kernel allows
 * it: memory that was just read is in a cache. Of the rest, large ones choose first, each the lowest
 * place that is free for as long as it needs it. (Pisarchyk and Lee, Efficient Memory Management for
 * Deep Neural Net Inference, 2020: "greedy by size".)
 */
export function placeValues(lifted: Lifted): readonly KernelCall[] {
  const placed: { life: Lifetime; start: number; end: number }[] = []
  for (const life of lifetimesOf(lifted).sort((a, b) => b.bytes - a.bytes)) {
    let start = 0
    for (const other of placed) {
      if (other.life.last < life.first || other.life.first > life.last) continue
      if (start + life.bytes <= other.start) break
      start = Math.max(start, other.end)
    }
    const end = start + Math.ceil(life.bytes / ALIGNMENT) * ALIGNMENT
    placed.push({ life, start, end })
    placed.sort((a, b) => a.start - b.start)
  }
  const arena = allocate(placed.reduce((most, { end }) => Math.max(most, end), 0))
  const starts = new Map(
    placed.flatMap(({ life, start }) => life.values.map((value) => [value, start] as const)),
  )
  return lifted.calls.map((call) =>
    withTensors(call, (tensor) => {
      const start = starts.get(tensor.buffer)
      return start === undefined ? tensor : moved(tensor, arena, start + tensor.byteOffset)
    }),
  )
}

function lifetimesOf({ calls, values }: Lifted): Lifetime[] {
  const own = new Map<ArrayBuffer, Lifetime>()
  calls.forEach(({ args }, i) => {
    for (const { buffer: value } of tensorsOf(args)) {
      const bytes = values.get(value)
      if (bytes === undefined) continue
      const known = own.get(value)
      if (known === undefined) own.set(value, { values: [value], bytes, first: i, last: i })
      else known.last = i
    }
  })
  const all = new Set(own.values())
  calls.forEach((call, i) => {
    const names = inPlaceOf(call)
    if (names === null) return
    const [operand, result] = names.map((name) => argument(call, name) as Tensor)
    const [before, after] = [own.get(operand!.buffer), own.get(result!.buffer)]
    if (before === undefined || after === undefined) return
    const mentions = tensorsOf(call.args).filter(({ buffer }) => buffer === operand!.buffer)
    const whole = [operand!, result!].every((tensor) => bytesOf(tensor) === before.bytes)
    if (!whole || mentions.length > 1 || before.last !== i) return
    before.values.push(...after.values)
    before.last = after.last
    own.set(result!.buffer, before)
    all.delete(after)
  })
  return [...all]
}

function moved({ shape, dtype, length }: Tensor, buffer: ArrayBuffer, byteOffset: number): Tensor {
  return new Tensor(buffer, byteOffset, shape, dtype, length)
}

function bytesOf({ length, dtype }: Tensor): number {
  return length * itemSize[dtype]
}
