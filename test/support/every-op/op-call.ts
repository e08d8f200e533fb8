import type { Kernels, View } from '../../../ts/kernels/kernels.js'
import type { TypedArray } from '../../../ts/kernels/dtype.js'
import { bell, whole } from '../samples.js'

export type OpName = Exclude<keyof Kernels, 'name'>

export type Views = Readonly<Record<string, View>>

/** A valid call in which every operand is needed. */
export interface OpCall {
  /** Fresh operands at each call. The last of them is written. */
  readonly operands: () => Record<string, TypedArray>
  readonly run: (kernels: Kernels, views: Views) => void
}

/** The calls of one family. */
export type OpCalls = Partial<Record<OpName, OpCall>>

export const n = 37
export const [rows, cols] = [5, 7]
export const values = (count: number, seed: number): TypedArray => bell('float32', count, seed)
export const seed = (): TypedArray => Int32Array.of(1, 2, 3, 4)
export const labels = (): TypedArray => whole('int32', rows, 3, 0, cols)

export const v = (views: Views, name: string): View => {
  const view = views[name]
  if (!view) throw new Error(`no operand ${name}`)
  return view
}
