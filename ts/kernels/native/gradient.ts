import { type DType, dtypeCode } from '../dtype.js'
import type { Kernels, ParameterSlot } from '../kernels.js'
import { addon } from './load.js'
import { flatten } from './slots.js'

function dtypeOf(slots: readonly ParameterSlot[]): DType {
  return slots[0]?.gradient.dtype ?? 'float32'
}

export const gradNorm: Kernels['gradNorm'] = (out, p, slots) => {
  const dtype = dtypeOf(slots)
  addon().gradNorm(
    dtypeCode[dtype],
    out.buffer,
    out.byteOffset,
    p,
    ...flatten('gradNorm', dtype, slots),
  )
}

export const clipGradients: Kernels['clipGradients'] = (norm, maxNorm, slots) => {
  const dtype = dtypeOf(slots)
  addon().clipGradients(
    dtypeCode[dtype],
    norm.buffer,
    norm.byteOffset,
    maxNorm,
    ...flatten('clipGradients', dtype, slots),
  )
}
