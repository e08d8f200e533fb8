import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'
import { flatten } from './slots.js'

export const updateStep: Kernels['updateStep'] = (
  kind,
  hyper,
  steps,
  products,
  state,
  stateLength,
  slots,
) => {
  addon().updateStep(
    dtypeCode[state.dtype],
    kind,
    hyper.buffer,
    hyper.byteOffset,
    steps.buffer,
    steps.byteOffset,
    products.buffer,
    products.byteOffset,
    state.buffer,
    state.byteOffset,
    stateLength,
    ...flatten('updateStep', state.dtype, slots),
  )
}
