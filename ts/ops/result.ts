import type { DType } from '../kernels/dtype.js'
import type { Shape, Tensor } from '../tensor/tensor.js'
import { allocate } from '../tensor/workspace.js'

/** Storage for the result of a function, of which every element will be written. */
export function resultLike(shape: Shape, dtype: DType): Tensor {
  return allocate(Object.freeze(shape), dtype)
}
