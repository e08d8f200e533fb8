import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'

export const upsample2d: Kernels['upsample2d'] = (x, out, g) => {
  addon().upsample2d(
    dtypeCode[out.dtype],
    g.mode,
    x.buffer,
    x.byteOffset,
    out.buffer,
    out.byteOffset,
    g.planes,
    g.inHeight,
    g.inWidth,
    g.outHeight,
    g.outWidth,
    g.scaleHeight,
    g.scaleWidth,
    g.alignCorners,
  )
}

export const upsample2dGradient: Kernels['upsample2dGradient'] = (gradOut, gradX, g) => {
  addon().upsample2dGradient(
    dtypeCode[gradX.dtype],
    g.mode,
    gradOut.buffer,
    gradOut.byteOffset,
    gradX.buffer,
    gradX.byteOffset,
    g.planes,
    g.inHeight,
    g.inWidth,
    g.outHeight,
    g.outWidth,
    g.scaleHeight,
    g.scaleWidth,
    g.alignCorners,
  )
}
