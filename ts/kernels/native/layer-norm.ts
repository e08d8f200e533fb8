import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'

// prettier-ignore
export const layerNorm: Kernels['layerNorm'] = (
  x, weight, bias, mean, inverseStd, out, rows, cols, eps,
) => {
  addon().layerNorm(
    dtypeCode[out.dtype],
    x.buffer, x.byteOffset,
    weight?.buffer ?? null, weight?.byteOffset ?? 0,
    bias?.buffer ?? null, bias?.byteOffset ?? 0,
    mean.buffer, mean.byteOffset,
    inverseStd.buffer, inverseStd.byteOffset,
    out.buffer, out.byteOffset,
    rows, cols, eps,
  )
}

// prettier-ignore
export const layerNormGradient: Kernels['layerNormGradient'] = (
  x, gradOut, weight, mean, inverseStd, gradX, rows, cols,
) => {
  addon().layerNormGradient(
    dtypeCode[gradX.dtype],
    x.buffer, x.byteOffset,
    gradOut.buffer, gradOut.byteOffset,
    weight?.buffer ?? null, weight?.byteOffset ?? 0,
    mean.buffer, mean.byteOffset,
    inverseStd.buffer, inverseStd.byteOffset,
    gradX.buffer, gradX.byteOffset,
    rows, cols,
  )
}

// prettier-ignore
export const layerNormAffineGradient: Kernels['layerNormAffineGradient'] = (
  x, gradOut, mean, inverseStd, gradWeight, gradBias, rows, cols, weightBeta, biasBeta,
) => {
  addon().layerNormAffineGradient(
    dtypeCode[x.dtype],
    x.buffer, x.byteOffset,
    gradOut.buffer, gradOut.byteOffset,
    mean.buffer, mean.byteOffset,
    inverseStd.buffer, inverseStd.byteOffset,
    gradWeight?.buffer ?? null, gradWeight?.byteOffset ?? 0,
    gradBias?.buffer ?? null, gradBias?.byteOffset ?? 0,
    rows, cols, weightBeta, biasBeta,
  )
}
