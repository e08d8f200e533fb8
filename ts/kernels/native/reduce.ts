import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'

export const reduce: Kernels['reduce'] = (kind, x, out, outer, n, inner, beta) => {
  addon().reduce(
    dtypeCode[x.dtype],
    kind,
    x.buffer,
    x.byteOffset,
    out.buffer,
    out.byteOffset,
    outer,
    n,
    inner,
    beta,
  )
}

export const argmax: Kernels['argmax'] = (x, out, outer, n, inner) => {
  addon().argmax(
    dtypeCode[x.dtype],
    x.buffer,
    x.byteOffset,
    out.buffer,
    out.byteOffset,
    outer,
    n,
    inner,
  )
}
