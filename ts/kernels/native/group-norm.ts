import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'

// prettier-ignore
export const groupNorm: Kernels['groupNorm'] = (
  x, weight, bias, mean, inverseStd, out, batch, channels, spatial, groups, eps,
) => {
  addon().groupNorm(
    dtypeCode[out.dtype],
    x.buffer, x.byteOffset,
    weight?.buffer ?? null, weight?.byteOffset ?? 0,
    bias?.buffer ?? null, bias?.byteOffset ?? 0,
    mean.buffer, mean.byteOffset,
    inverseStd.buffer, inverseStd.byteOffset,
    out.buffer, out.byteOffset,
    batch, channels, spatial, groups, eps,
  )
}

// prettier-ignore
export const groupNormSums: Kernels['groupNormSums'] = (
  x, gradOut, mean, inverseStd, sums, gradWeight, gradBias, batch, channels, spatial, groups,
  weightBeta, biasBeta,
) => {
  addon().groupNormSums(
    dtypeCode[x.dtype],
    x.buffer, x.byteOffset,
    gradOut.buffer, gradOut.byteOffset,
    mean.buffer, mean.byteOffset,
    inverseStd.buffer, inverseStd.byteOffset,
    sums.buffer, sums.byteOffset,
    gradWeight?.buffer ?? null, gradWeight?.byteOffset ?? 0,
    gradBias?.buffer ?? null, gradBias?.byteOffset ?? 0,
    batch, channels, spatial, groups, weightBeta, biasBeta,
  )
}

// prettier-ignore
export const groupNormGradient: Kernels['groupNormGradient'] = (
  x, gradOut, weight, mean, inverseStd, sums, gradX, batch, channels, spatial, groups,
) => {
  addon().groupNormGradient(
    dtypeCode[gradX.dtype],
    x.buffer, x.byteOffset,
    gradOut.buffer, gradOut.byteOffset,
    weight?.buffer ?? null, weight?.byteOffset ?? 0,
    mean.buffer, mean.byteOffset,
    inverseStd.buffer, inverseStd.byteOffset,
    sums.buffer, sums.byteOffset,
    gradX.buffer, gradX.byteOffset,
    batch, channels, spatial, groups,
  )
}
