import type { DType } from '../kernels/dtype.js'
import type { Shape, Tensor } from '../tensor/tensor.js'
import { allocateOwn } from '../tensor/workspace.js'

/** Storage for the result of a function, of which every element will be written. */
export function resultLike(shape: Shape, dtype: DType): Tensor {
  return allocateOwn(Object.freeze(shape), dtype)
}
