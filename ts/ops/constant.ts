import { isWithheld } from '../kernels/allocate.js'
import { isRecording } from '../kernels/backend.js'
import type { DType } from '../kernels/dtype.js'
import { full } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'

const MOST = 256

const known: Record<DType, Map<number, Tensor>> = {
  float32: new Map(),
  float64: new Map(),
  int32: new Map(),
  uint8: new Map(),
}

/**
 * A number that the dtype can hold as a 0-d tensor, for operands alone: nobody writes into it, and the same
 * number gives the same tensor, for to make one costs more than a small kernel.
 */
export function constant(value: number, dtype: DType): Tensor {
  // A recording has to see the number, and a Map takes -0 for 0.
  if (isRecording() || Object.is(value, -0)) return full([], value, { dtype })
  const numbers = known[dtype]
  const found = numbers.get(value)
  if (found !== undefined) return found
  if (numbers.size >= MOST) numbers.clear()
  const made = full([], value, { dtype })
  if (!isWithheld(made.buffer)) numbers.set(value, made)
  return made
}
