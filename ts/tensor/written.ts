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

interface Memory extends ArrayBuffer {
  [WRITTEN]?: number | Places
}

let moments = 0
let last = 0

/** The next moment. */
export function tick(): number {
  return ++moments
}

/** Declares that unrelated tensors share an ArrayBuffer, each of them from one of these bytes on, in order. */
export function sharePlaces(buffer: ArrayBuffer, begins: readonly number[]): void {
  define(buffer, new Places(begins.length, begins))
}

/** Declares that a tensor of a user's has been written, or is about to be. It costs a few nanoseconds. */
export function noteWrite(view: View): void {
  const memory: Memory = view.buffer
  last = ++moments
  const known = memory[WRITTEN] ?? firstOf(memory)
  const capture = currentCapture()
  if (capture !== null) noteInCapture(capture.written, view, known)
  if (typeof known === 'object') known.note(view, last)
  // A frozen one took no property: writes to it are not seen.
  else if (memory[WRITTEN] !== undefined) memory[WRITTEN] = last
}

/** Writes that are declared again and again, as those of each run of a captured step: a memory or place counts once. */
export class Writes {
  readonly #memories: readonly Memory[]
  readonly #places: readonly (readonly [Places, readonly number[]])[]

  /** @param views What is written; it has been written before. */
  constructor(views: readonly View[]) {
    const whole = new Set<Memory>()
    const places = new Map<Places, Set<number>>()
    for (const view of views) {
      const memory: Memory = view.buffer
      const known = memory[WRITTEN]
      if (typeof known !== 'object') {
        if (known !== undefined) whole.add(memory)
        continue
      }
      const found = places.get(known) ?? new Set()
      for (const place of known.placesOf(view)) found.add(place)
      places.set(known, found)
    }
    this.#memories = [...whole]
    this.#places = Array.from(places, ([known, found]) => [known, [...found]] as const)
  }

  /** Declares all of them. */
  note(): void {
    last = ++moments
    for (const memory of this.#memories) memory[WRITTEN] = last
    for (const [{ moments }, places] of this.#places) {
      for (const place of places) moments[place] = last
    }
  }
}

/** What is known before the first write. */
function firstOf(memory: Memory): number | Places {
  const first = memory.byteLength === SLAB ? new Places(SLAB / PLACE, null) : 0
  define(memory, first)
  return first
}

function define(memory: Memory, value: number | Places): void {
  Reflect.defineProperty(memory, WRITTEN, { value, writable: true })
}

/** The moment of the last declared write; 0 if there was none. */
export function writtenAt(view: View): number {
  const known = (view.buffer as Memory)[WRITTEN] ?? 0
  return typeof known === 'object' ? known.latest(view) : known
}

/** Whether anything was written after a moment. */
export function wasWrittenAfter(moment: number): boolean {
  return last > moment
}

/** Nothing was written: that was the recording of a step. */
export function forgetWrites(written: ReadonlyMap<ArrayBuffer, Written>): void {
  for (const [buffer, { before }] of written) {
    const memory: Memory = buffer
    const known = memory[WRITTEN]
    if (typeof known === 'object') known.moments = [...(before as readonly number[])]
    else if (known !== undefined) memory[WRITTEN] = before as number
  }
}

function noteInCapture(
  written: Map<ArrayBuffer, Written>,
  { buffer, byteOffset, length, dtype }: View,
  known: number | Places,
): void {
  const entry = written.get(buffer)
  if (entry === undefined) {
    const before = typeof known === 'object' ? [...known.moments] : known
    written.set(buffer, { views: [{ buffer, byteOffset, length, dtype }], before })
  } else if (typeof known === 'object') {
    entry.views.push({ buffer, byteOffset, length, dtype })
  }
}

/** The moments at which places of an ArrayBuffer were last written. */
class Places {
  moments: number[]
  readonly #begins: readonly number[] | null

  /** @param begins Bytes, in order; null: every `PLACE` bytes. */
  constructor(count: number, begins: readonly number[] | null) {
    this.moments = Array<number>(count).fill(0)
    this.#begins = begins
  }

  note({ byteOffset, length, dtype }: View, moment: number): void {
    const { moments } = this
    const end = this.#placeOf(byteOffset + length * itemSize[dtype] - 1)
    for (let i = this.#placeOf(byteOffset); i <= end; i++) moments[i] = moment
  }

  latest(view: View): number {
    return this.placesOf(view).reduce((latest, i) => Math.max(latest, this.moments[i]!), 0)
  }

  placesOf({ byteOffset, length, dtype }: View): number[] {
    const first = this.#placeOf(byteOffset)
    const end = this.#placeOf(byteOffset + length * itemSize[dtype] - 1)
    return Array.from({ length: Math.max(0, end - first + 1) }, (_, i) => first + i)
  }

  /** The place that holds a byte. */
  #placeOf(byte: number): number {
    const begins = this.#begins
    if (begins === null) return Math.floor(byte / PLACE)
    let place = 0
    for (let after = begins.length; after - place > 1;) {
      const middle = (place + after) >> 1
      if (begins[middle]! <= byte) place = middle
      else after = middle
    }
    return place
  }
}
