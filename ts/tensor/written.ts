// A clock that counts operations and writes, so that what was written since an operation is known.

import { currentCapture } from '../kernels/backend.js'
import { itemSize } from '../kernels/dtype.js'
import type { Written } from '../kernels/program.js'
import type { View } from '../kernels/view.js'

/**
 * When memory was last written: on the ArrayBuffer itself, which all tensors over it share. One that holds
 * unrelated tensors has a moment for each of its places.
 */
const WRITTEN = Symbol('written')

/** Bytes of such a place, where nothing else was said: no two unrelated tensors lie in one. */
export const PLACE = 64

/**
 * Bytes of an ArrayBuffer that `emptyPooled` lays unrelated results in. Its length is its mark: a property on
 * each would cost the batches of a small network a tenth of their time.
 */
export const SLAB = 4096

/** Where the places of a buffer begin, in bytes. */
const BEGINS = Symbol('begins')

const SLOT = { value: 0, writable: true }

/** Stands for places of which none has been written. */
const SHARED = -1
const SHARED_SLOT = { value: SHARED, writable: true }

interface Memory extends ArrayBuffer {
  [WRITTEN]?: number | number[]
  [BEGINS]?: readonly number[]
}

let moments = 0
let last = 0

/** The next moment. */
export function tick(): number {
  return ++moments
}

/** Declares that unrelated tensors share an ArrayBuffer, each of them from one of these bytes on, in order. */
export function sharePlaces(buffer: ArrayBuffer, begins: readonly number[]): void {
  Reflect.defineProperty(buffer, WRITTEN, SHARED_SLOT)
  Reflect.defineProperty(buffer, BEGINS, { value: begins })
}

/** Declares that a tensor of a user's has been written, or is about to be. It costs a few nanoseconds. */
export function noteWrite(view: View): void {
  const memory: Memory = view.buffer
  last = ++moments
  const known = memory[WRITTEN] ?? firstOf(memory)
  const capture = currentCapture()
  if (capture !== null) noteInCapture(capture.written, view, known ?? 0)
  if (known === null) return
  if (typeof known === 'object' || known === SHARED) {
    const places = typeof known === 'object' ? known : placesOf(memory)
    const end = lastPlace(view)
    for (let i = firstPlace(view); i <= end; i++) places[i] = last
    return
  }
  memory[WRITTEN] = last
}

/** What is known before the first write; null of frozen memory, which takes no property: its writes are not seen. */
function firstOf(memory: Memory): number | null {
  const slot = memory.byteLength === SLAB ? SHARED_SLOT : SLOT
  return Reflect.defineProperty(memory, WRITTEN, slot) ? slot.value : null
}

/** The moment of the last declared write; 0 if there was none. */
export function writtenAt(view: View): number {
  const known = (view.buffer as Memory)[WRITTEN]
  if (typeof known !== 'object') return Math.max(known ?? 0, 0)
  let latest = 0
  const end = lastPlace(view)
  for (let i = firstPlace(view); i <= end; i++) latest = Math.max(latest, known[i]!)
  return latest
}

/** Whether anything was written after a moment. */
export function wasWrittenAfter(moment: number): boolean {
  return last > moment
}

/** Nothing was written: that was the recording of a step. */
export function forgetWrites(written: ReadonlyMap<ArrayBuffer, Written>): void {
  for (const [buffer, { before }] of written) {
    Reflect.set(buffer, WRITTEN, typeof before === 'object' ? [...before] : before)
  }
}

function noteInCapture(
  written: Map<ArrayBuffer, Written>,
  { buffer, byteOffset, length, dtype }: View,
  known: number | number[],
): void {
  const entry = written.get(buffer)
  if (entry === undefined) {
    const before = typeof known === 'object' ? [...known] : known
    written.set(buffer, { views: [{ buffer, byteOffset, length, dtype }], before })
  } else if (typeof known === 'object' || known === SHARED) {
    entry.views.push({ buffer, byteOffset, length, dtype })
  }
}

function placesOf(memory: Memory): number[] {
  const count = memory[BEGINS]?.length ?? Math.ceil(memory.byteLength / PLACE)
  const places = Array<number>(count).fill(0)
  memory[WRITTEN] = places
  return places
}

function firstPlace({ buffer, byteOffset }: View): number {
  return placeOf(buffer, byteOffset)
}

function lastPlace({ buffer, byteOffset, length, dtype }: View): number {
  return placeOf(buffer, byteOffset + length * itemSize[dtype] - 1)
}

/** The place that holds a byte. */
function placeOf(buffer: Memory, byte: number): number {
  const begins = buffer[BEGINS]
  if (begins === undefined) return Math.floor(byte / PLACE)
  let place = 0
  for (let after = begins.length; after - place > 1;) {
    const middle = (place + after) >> 1
    if (begins[middle]! <= byte) place = middle
    else after = middle
  }
  return place
}
