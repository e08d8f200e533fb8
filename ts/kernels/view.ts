import type { DType, TypedArray } from './dtype.js'

/**
 * What a kernel sees of a tensor: contiguous, row-major elements. `data` is a typed array over them;
 * the native backend takes `buffer` and `byteOffset` instead.
 */
export interface View {
  readonly buffer: ArrayBuffer
  readonly byteOffset: number
  readonly length: number
  readonly dtype: DType
  readonly data: TypedArray
}
