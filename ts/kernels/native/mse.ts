import { dtypeCode } from '../../tensor/dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'

export const mse: Kernels['mse'] = (x, y, loss, n, reduction) => {
  addon().mse(
    dtypeCode[x.dtype],
    x.buffer,
    x.byteOffset,
    y.buffer,
    y.byteOffset,
    loss.buffer,
    loss.byteOffset,
    n,
    reduction,
  )
}

export const mseGradient: Kernels['mseGradient'] = (x, y, gradX, n, scale) => {
  addon().mseGradient(
    dtypeCode[gradX.dtype],
    x.buffer,
    x.byteOffset,
    y.buffer,
    y.byteOffset,
    gradX.buffer,
    gradX.byteOffset,
    n,
    scale,
  )
}
