import { isRecording } from '../kernels/backend.js'
import { allocate, allocateUnset } from '../kernels/allocate.js'
import { type DType, itemSize } from '../kernels/dtype.js'
import { keepHere } from './memory.js'
import { empty, type Shape, sizeOf, Tensor } from './tensor.js'
import { PLACE, SLAB } from './written.js'

// A slab is small, 8 to 64 tensors: keeping one of them alive keeps all of it.
const LARGEST = 512

let slab = new ArrayBuffer(0)
let used = 0

/**
 * Storage for a result, every element of which will be written, and that most callers drop within a step:
 * a batch, a prediction, a loss, its gradient. Small ones lie side by side in one ArrayBuffer, because a buffer of its own costs about
 * 300 ns to make and to collect, several times the kernel that fills it. No place is used twice, so a
 * tensor stays its owner's for as long as it is kept.
 *
 * The shared buffer cannot be transferred to another thread, which would take its neighbours away.
 *
 * @param shape Frozen.
 */
export function emptyPooled(shape: Shape, dtype: DType): Tensor {
  let length = 1
  for (let i = 0; i < shape.length; i++) length *= shape[i]!
  const bytes = length * itemSize[dtype]
  // `empty` also checks the sizes beside a 0.
  if (length === 0 || isRecording()) return empty(shape, dtype)
  if (bytes > LARGEST) {
    const size = sizeOf(shape)
    return new Tensor(allocateUnset(size * itemSize[dtype]), 0, shape, dtype, size)
  }
  if (used + bytes > slab.byteLength) {
    slab = allocate(SLAB)
    keepHere(slab)
    used = 0
  }
  const tensor = new Tensor(slab, used, shape, dtype, length)
  used += Math.ceil(bytes / PLACE) * PLACE // whole cache lines
  return tensor
}
