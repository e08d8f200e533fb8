import { OutOfMemoryError } from '../errors.js'

/**
 * A fresh ArrayBuffer of zeros.
 *
 * @throws OutOfMemoryError when the system does not give it.
 */
export function allocate(bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes)
  } catch (cause) {
    throw new OutOfMemoryError(`out of memory: ${bytes} bytes`, { cause })
  }
}

/** A copy of all bytes, made likewise. */
export function copyOf(buffer: ArrayBuffer): ArrayBuffer {
  const copy = allocate(buffer.byteLength)
  new Uint8Array(copy).set(new Uint8Array(buffer))
  return copy
}

/** Zeros to add up in. */
export function doubles(length: number): Float64Array<ArrayBuffer> {
  return new Float64Array(allocate(8 * length))
}
