import type { DType } from './dtype.js'

/** What a kernel sees of a tensor: contiguous, row-major elements. */
export interface View {
  readonly buffer: ArrayBuffer
  readonly byteOffset: number
  /** Number of elements. */
  readonly length: number
  readonly dtype: DType
}

/** Whether an argument of a kernel is an operand, among numbers, options and lists. */
export function isView(value: unknown): value is View {
  return typeof value === 'object' && value !== null && 'byteOffset' in value && 'dtype' in value
}

/**
 * One parameter of an operation that runs over many. `index` is the place of its step counter,
 * `stateOffset` the place (in elements) of its part within each state array.
 */
export interface ParameterSlot {
  readonly parameter: View
  readonly gradient: View
  readonly index: number
  readonly stateOffset: number
}
