import { dtypeCode } from '../dtype.js'
import { ActivationKind, type Kernels, type MatmulOptions } from '../kernels.js'
import { addon } from './load.js'

const plain: MatmulOptions = {}

export const matmul: Kernels['matmul'] = (a, b, out, m, n, k, options = plain) => {
  const { bias } = options
  addon().matmul(
    dtypeCode[out.dtype],
    a.buffer,
    a.byteOffset,
    b.buffer,
    b.byteOffset,
    out.buffer,
    out.byteOffset,
    m,
    n,
    k,
    options.transposeA ?? false,
    options.transposeB ?? false,
    options.alpha ?? 1,
    options.beta ?? 0,
    bias ? bias.buffer : null,
    bias ? bias.byteOffset : 0,
    options.activation ?? ActivationKind.identity,
    options.parameter ?? 0,
  )
}
