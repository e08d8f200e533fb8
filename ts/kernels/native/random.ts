import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'

export const uniform: Kernels['uniform'] = (state, y, n, low, high) => {
  addon().uniform(
    dtypeCode[y.dtype],
    state.buffer,
    state.byteOffset,
    y.buffer,
    y.byteOffset,
    n,
    low,
    high,
  )
}

export const normal: Kernels['normal'] = (state, y, n, mean, std) => {
  addon().normal(
    dtypeCode[y.dtype],
    state.buffer,
    state.byteOffset,
    y.buffer,
    y.byteOffset,
    n,
    mean,
    std,
  )
}

export const bernoulli: Kernels['bernoulli'] = (state, y, n, p, value) => {
  addon().bernoulli(
    dtypeCode[y.dtype],
    state.buffer,
    state.byteOffset,
    y.buffer,
    y.byteOffset,
    n,
    p,
    value,
  )
}

export const permutation: Kernels['permutation'] = (state, y, n) => {
  addon().permutation(state.buffer, state.byteOffset, y.buffer, y.byteOffset, n)
}
