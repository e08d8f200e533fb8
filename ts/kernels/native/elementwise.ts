import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'

export const unary: Kernels['unary'] = (kind, x, y, n) => {
  addon().unary(dtypeCode[y.dtype], kind, x.buffer, x.byteOffset, y.buffer, y.byteOffset, n)
}

export const binary: Kernels['binary'] = (kind, broadcast, a, b, out, rows, cols) => {
  addon().binary(
    dtypeCode[out.dtype],
    kind,
    broadcast,
    a.buffer,
    a.byteOffset,
    b.buffer,
    b.byteOffset,
    out.buffer,
    out.byteOffset,
    rows,
    cols,
  )
}

export const affine: Kernels['affine'] = (x, y, n, scale, shift) => {
  addon().affine(
    dtypeCode[y.dtype],
    x.buffer,
    x.byteOffset,
    y.buffer,
    y.byteOffset,
    n,
    scale,
    shift,
  )
}

export const axpby: Kernels['axpby'] = (x, y, n, alpha, beta) => {
  addon().axpby(dtypeCode[y.dtype], x.buffer, x.byteOffset, y.buffer, y.byteOffset, n, alpha, beta)
}
