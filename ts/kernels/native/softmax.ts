import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'

export const softmax: Kernels['softmax'] = (x, y, outer, n, inner, log) => {
  addon().softmax(
    dtypeCode[y.dtype],
    x.buffer,
    x.byteOffset,
    y.buffer,
    y.byteOffset,
    outer,
    n,
    inner,
    log,
  )
}

export const softmaxGradient: Kernels['softmaxGradient'] = (
  y,
  gradY,
  gradX,
  outer,
  n,
  inner,
  log,
) => {
  addon().softmaxGradient(
    dtypeCode[gradX.dtype],
    y.buffer,
    y.byteOffset,
    gradY.buffer,
    gradY.byteOffset,
    gradX.buffer,
    gradX.byteOffset,
    outer,
    n,
    inner,
    log,
  )
}
