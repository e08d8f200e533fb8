import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'

export const activation: Kernels['activation'] = (kind, x, y, n, parameter) => {
  addon().activation(
    dtypeCode[y.dtype],
    kind,
    x.buffer,
    x.byteOffset,
    y.buffer,
    y.byteOffset,
    n,
    parameter,
  )
}

export const activationGradient: Kernels['activationGradient'] = (
  kind,
  x,
  y,
  gradY,
  gradX,
  n,
  parameter,
) => {
  addon().activationGradient(
    dtypeCode[gradX.dtype],
    kind,
    x.buffer,
    x.byteOffset,
    y.buffer,
    y.byteOffset,
    gradY.buffer,
    gradY.byteOffset,
    gradX.buffer,
    gradX.byteOffset,
    n,
    parameter,
  )
}
