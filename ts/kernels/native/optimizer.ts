import { complaint, DTypeError } from '../../errors.js'
import { type DType, dtypeCode } from '../../tensor/dtype.js'
import type { Kernels, ParameterSlot } from '../kernels.js'
import type { FlatSlots } from './addon.js'
import { addon } from './load.js'

/** The slots as arguments. The core takes one dtype a call, so a mixture is refused here. */
function flatten(op: string, dtype: DType, slots: readonly ParameterSlot[]): FlatSlots {
  const flat: (ArrayBuffer | number)[] = []
  for (const { parameter, gradient, index, stateOffset } of slots) {
    if (parameter.dtype !== dtype || gradient.dtype !== dtype) {
      throw new DTypeError(
        complaint(
          op,
          'every parameter and gradient',
          `${dtype}, as the first of this call`,
          `parameter ${parameter.dtype}, gradient ${gradient.dtype}`,
        ),
      )
    }
    flat.push(
      parameter.buffer,
      parameter.byteOffset,
      gradient.buffer,
      gradient.byteOffset,
      gradient.length,
      index,
      stateOffset,
    )
  }
  return flat
}

function dtypeOf(slots: readonly ParameterSlot[]): DType {
  return slots[0]?.gradient.dtype ?? 'float32'
}

export const sgdStep: Kernels['sgdStep'] = (hyper, steps, state, slots) => {
  addon().sgdStep(
    dtypeCode[state.dtype],
    hyper.buffer,
    hyper.byteOffset,
    steps.buffer,
    steps.byteOffset,
    state.buffer,
    state.byteOffset,
    ...flatten('sgdStep', state.dtype, slots),
  )
}

export const adamStep: Kernels['adamStep'] = (hyper, steps, state, stateLength, slots) => {
  addon().adamStep(
    dtypeCode[state.dtype],
    hyper.buffer,
    hyper.byteOffset,
    steps.buffer,
    steps.byteOffset,
    state.buffer,
    state.byteOffset,
    stateLength,
    ...flatten('adamStep', state.dtype, slots),
  )
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
