import { computeNow } from '../kernels/backend.js'
import type { DType } from '../kernels/dtype.js'
import type { Tensor } from '../tensor/tensor.js'

/**
 * The weights of a criterion in the dtype of a prediction, to be kept. Computed now even while a step
 * is being captured: the step would not convert them again.
 */
export function convertedOnce(weight: Tensor, dtype: DType): Tensor {
  return weight.dtype === dtype ? weight : computeNow(() => weight.to(dtype))
}
