import type { ParameterSlot, View } from '../../ts/kernels/kernels.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { bell } from './samples.js'

/** Sizes of the parameters of one call: around vectors, none, and one of two tasks. */
export const sizes: readonly number[] = [1, 17, 0, 3, 32, 257, 8, 9_001]
export const offsets = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, n) => sum + n, 0))
export const stateLength = sizes.reduce((sum, n) => sum + n, 0)

export type Operands = Record<string, TypedArray>

/** Operands p0, g0, p1, g1, ... */
export function parametersOf(dtype: FloatDType): Operands {
  return Object.fromEntries(
    sizes.flatMap((n, i) => [
      [`p${i}`, bell(dtype, n, 100 + i)],
      [`g${i}`, bell(dtype, n, 200 + i)],
    ]),
  )
}

/** The slots over such operands; the step counters are taken in another order than the slots. */
export function slotsOf(views: Readonly<Record<string, View>>): ParameterSlot[] {
  return sizes.map((_, i) => ({
    parameter: views[`p${i}`]!,
    gradient: views[`g${i}`]!,
    index: sizes.length - 1 - i,
    stateOffset: offsets[i]!,
  }))
}

/** Which slot an element of the state belongs to, and which of its elements it is. */
export function placeOf(at: number): [slot: number, i: number] {
  let slot = 0
  while (at >= offsets[slot]! + sizes[slot]!) slot += 1
  return [slot, at - offsets[slot]!]
}
