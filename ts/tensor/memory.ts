import { types } from 'node:util'

// Getters of the classes themselves: an array or a buffer may be of a subclass, or have properties of
// its own, that say something else.
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object
const nameOf = getter(typedArray, Symbol.toStringTag)
const bufferOf = getter(typedArray, 'buffer')
const byteOffsetOf = getter(typedArray, 'byteOffset')
const lengthOf = getter(typedArray, 'length')
const byteLengthOf = getter(ArrayBuffer.prototype, 'byteLength')
const resizableOf = getter(ArrayBuffer.prototype, 'resizable')

function getter(prototype: object, name: PropertyKey): () => unknown {
  return (Object.getOwnPropertyDescriptor(prototype, name) as { get: () => unknown }).get
}

/** Where a typed array lies. */
export interface ArrayMemory {
  readonly buffer: ArrayBufferLike
  readonly byteOffset: number
  /** Number of elements. */
  readonly length: number
}

/** The name of a typed array's class, as `Float32Array`; undefined for anything else. */
export function typedArrayName(array: unknown): string | undefined {
  return Reflect.apply(nameOf, array, []) as string | undefined
}

/** Where a typed array lies; null for anything else. */
export function memoryOf(array: unknown): ArrayMemory | null {
  if (!types.isTypedArray(array)) return null
  return {
    buffer: Reflect.apply(bufferOf, array, []) as ArrayBufferLike,
    byteOffset: Reflect.apply(byteOffsetOf, array, []) as number,
    length: Reflect.apply(lengthOf, array, []) as number,
  }
}

/** Whether it is an ordinary ArrayBuffer, which no other thread writes to. */
export function isArrayBuffer(buffer: unknown): buffer is ArrayBuffer {
  return types.isArrayBuffer(buffer)
}

let hold: ((buffer: ArrayBuffer) => void) | undefined

/**
 * Has Node refuse to transfer an ArrayBuffer to another thread, which would take it away from whoever else
 * works on it.
 */
export function keepHere(buffer: ArrayBuffer): void {
  // Looked up once: a step of a small network does this every few times.
  hold ??= process.getBuiltinModule('node:worker_threads').markAsUntransferable
  hold(buffer)
}

/** Bytes of an ArrayBuffer: 0 when it was detached, or is none. */
export function bytesIn(buffer: unknown): number {
  try {
    return Reflect.apply(byteLengthOf, buffer, []) as number
  } catch {
    return 0
  }
}

/** Whether an ArrayBuffer can shrink. */
export function isResizable(buffer: ArrayBuffer): boolean {
  return Reflect.apply(resizableOf, buffer, []) as boolean
}
