import { OutOfMemoryError } from '../errors.js'

/** What `allocate` gives while memory is withheld. */
const NONE = new ArrayBuffer(0)
let withheld = false

/** Runs `body`, whose tensors have shapes and no memory: see `describeOnly`. */
export function withholdMemory<T>(body: () => T): T {
  const before = withheld
  withheld = true
  try {
    return body()
  } finally {
    withheld = before
  }
}

/** Whether a tensor with this buffer was made while memory was withheld. */
export function isWithheld(buffer: ArrayBuffer): boolean {
  return buffer === NONE
}

/**
 * A fresh ArrayBuffer of zeros.
 *
 * @throws OutOfMemoryError when the system does not give it.
 */
export function allocate(bytes: number): ArrayBuffer {
  if (withheld) return NONE
  try {
    return new ArrayBuffer(bytes)
  } catch (cause) {
    throw new OutOfMemoryError(`out of memory: ${bytes} bytes`, { cause })
  }
}

/** Bytes from which it pays to leave out the zeros. */
const LARGE = 8192

/**
 * An ArrayBuffer that will be written in full: a large one holds whatever was there before.
 *
 * @throws OutOfMemoryError when the system does not give it.
 */
export function allocateUnset(bytes: number): ArrayBuffer {
  if (bytes < LARGE || withheld) return allocate(bytes)
  try {
    const { buffer } = Buffer.allocUnsafeSlow(bytes)
    return buffer.byteLength === bytes ? buffer : allocate(bytes)
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
