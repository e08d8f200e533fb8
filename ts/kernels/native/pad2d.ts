import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'

export const pad2d: Kernels['pad2d'] = (x, out, g, mode, value) => {
  addon().pad2d(
    dtypeCode[out.dtype],
    x.buffer,
    x.byteOffset,
    out.buffer,
    out.byteOffset,
    g.planes,
    g.inHeight,
    g.inWidth,
    g.padTop,
    g.padBottom,
    g.padLeft,
    g.padRight,
    mode,
    value,
  )
}

export const pad2dGradient: Kernels['pad2dGradient'] = (gradOut, gradX, g, mode) => {
  addon().pad2dGradient(
    dtypeCode[gradX.dtype],
    gradOut.buffer,
    gradOut.byteOffset,
    gradX.buffer,
    gradX.byteOffset,
    g.planes,
    g.inHeight,
    g.inWidth,
    g.padTop,
    g.padBottom,
    g.padLeft,
    g.padRight,
    mode,
  )
}
