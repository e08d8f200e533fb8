// A clock that counts operations and writes, so that what was written since an operation is known.

import { currentCapture } from '../kernels/backend.js'

/** When memory was last written: on the ArrayBuffer itself, which all tensors over it share. */
const WRITTEN = Symbol('written')

const SLOT = { value: 0, writable: true }

interface Memory extends ArrayBuffer {
  [WRITTEN]?: number
}

let moments = 0
let last = 0

/** The next moment. */
export function tick(): number {
  return ++moments
}

/** Declares that memory of a user's has been written, or is about to be. It costs a few nanoseconds. */
export function noteWrite(buffer: ArrayBuffer): void {
  const memory: Memory = buffer
  last = ++moments
  const capture = currentCapture()
  if (capture?.written.has(buffer) === false) capture.written.set(buffer, writtenAt(buffer))
  // A frozen one takes no property: writes to it are not seen.
  if (memory[WRITTEN] === undefined && !Reflect.defineProperty(memory, WRITTEN, SLOT)) return
  memory[WRITTEN] = last
}

/** The moment of the last declared write; 0 if there was none. */
export function writtenAt(buffer: ArrayBuffer): number {
  return (buffer as Memory)[WRITTEN] ?? 0
}

/** Whether anything was written after a moment. */
export function wasWrittenAfter(moment: number): boolean {
  return last > moment
}

/** Nothing was written: that was the recording of a step. */
export function forgetWrites(written: ReadonlyMap<ArrayBuffer, number>): void {
  for (const [buffer, before] of written) (buffer as Memory)[WRITTEN] = before
}
