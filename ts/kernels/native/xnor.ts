import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { flat } from './conv2d.js'
import { addon } from './load.js'

export const packSigns: Kernels['packSigns'] = (x, words, outer, n, inner) => {
  addon().packSigns(
    dtypeCode[x.dtype],
    x.buffer,
    x.byteOffset,
    words.buffer,
    words.byteOffset,
    outer,
    n,
    inner,
  )
}

export const xnorMatmul: Kernels['xnorMatmul'] = (a, b, bias, out, m, n, k) => {
  addon().xnorMatmul(
    dtypeCode[out.dtype],
    a.buffer,
    a.byteOffset,
    b.buffer,
    b.byteOffset,
    bias ? bias.buffer : null,
    bias ? bias.byteOffset : 0,
    out.buffer,
    out.byteOffset,
    m,
    n,
    k,
  )
}

export const xnorConv2d: Kernels['xnorConv2d'] = (x, weight, bias, out, geometry) => {
  addon().xnorConv2d(
    dtypeCode[out.dtype],
    x.buffer,
    x.byteOffset,
    weight.buffer,
    weight.byteOffset,
    bias ? bias.buffer : null,
    bias ? bias.byteOffset : 0,
    out.buffer,
    out.byteOffset,
    ...flat(geometry),
  )
}
