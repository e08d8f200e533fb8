import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'

export const dropout: Kernels['dropout'] = (state, x, mask, out, n, inner, p, scale) => {
  addon().dropout(
    dtypeCode[out.dtype],
    state.buffer,
    state.byteOffset,
    x.buffer,
    x.byteOffset,
    mask.buffer,
    mask.byteOffset,
    out.buffer,
    out.byteOffset,
    n,
    inner,
    p,
    scale,
  )
}

export const dropoutGradient: Kernels['dropoutGradient'] = (
  mask,
  gradOut,
  gradX,
  n,
  inner,
  scale,
) => {
  addon().dropoutGradient(
    dtypeCode[gradX.dtype],
    mask.buffer,
    mask.byteOffset,
    gradOut.buffer,
    gradOut.byteOffset,
    gradX.buffer,
    gradX.byteOffset,
    n,
    inner,
    scale,
  )
}
