/** Element types of a tensor. */
export type DType = 'float32' | 'float64' | 'int32' | 'uint8'

/** Element types that can be trained in. */
export type FloatDType = 'float32' | 'float64'

/** The typed array that views a tensor's elements. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array

/** The codes of native/base/dtype.h. */
export const dtypeCode = { float32: 0, float64: 1, int32: 2, uint8: 3 } as const satisfies Record<
  DType,
  number
>

/** Bytes of one element. */
export const itemSize = { float32: 4, float64: 8, int32: 4, uint8: 1 } as const satisfies Record<
  DType,
  number
>

/** A typed array over `length` elements of `buffer`, starting at `byteOffset`. */
export function viewOf(
  dtype: DType,
  buffer: ArrayBuffer,
  byteOffset: number,
  length: number,
): TypedArray {
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, length)
    case 'float64':
      return new Float64Array(buffer, byteOffset, length)
    case 'int32':
      return new Int32Array(buffer, byteOffset, length)
    case 'uint8':
      return new Uint8Array(buffer, byteOffset, length)
  }
}
