// A clock that counts operations and writes, so that what was written since an operation is known.

/** When memory was last written: on the ArrayBuffer itself, which all tensors over it share. */
const WRITTEN = Symbol('written')

interface Memory extends ArrayBuffer {
  [WRITTEN]?: number
}

let moments = 0

/** The next moment. */
export function tick(): number {
  return ++moments
}

/** Declares that memory of a user's has been written, or is about to be. It costs a few nanoseconds. */
export function noteWrite(buffer: ArrayBuffer): void {
  const memory: Memory = buffer
  if (memory[WRITTEN] === undefined) {
    Object.defineProperty(memory, WRITTEN, { value: 0, writable: true })
  }
  memory[WRITTEN] = ++moments
}

/** The moment of the last declared write; 0 if there was none. */
export function writtenAt(buffer: ArrayBuffer): number {
  return (buffer as Memory)[WRITTEN] ?? 0
}
