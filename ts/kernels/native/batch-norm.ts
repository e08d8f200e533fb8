import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'

// prettier-ignore
export const batchNorm: Kernels['batchNorm'] = (
  x, weight, bias, runningMean, runningVar, batches, mean, inverseStd, out, batch, channels, spatial,
  eps, momentum, activation, parameter,
) => {
  addon().batchNorm(
    dtypeCode[out.dtype],
    x.buffer, x.byteOffset,
    weight?.buffer ?? null, weight?.byteOffset ?? 0,
    bias?.buffer ?? null, bias?.byteOffset ?? 0,
    runningMean?.buffer ?? null, runningMean?.byteOffset ?? 0,
    runningVar?.buffer ?? null, runningVar?.byteOffset ?? 0,
    batches?.buffer ?? null, batches?.byteOffset ?? 0,
    mean.buffer, mean.byteOffset,
    inverseStd.buffer, inverseStd.byteOffset,
    out.buffer, out.byteOffset,
    batch, channels, spatial, eps, momentum, activation, parameter,
  )
}

// prettier-ignore
export const batchNormInference: Kernels['batchNormInference'] = (
  x, weight, bias, runningMean, runningVar, mean, inverseStd, out, batch, channels, spatial, eps,
  activation, parameter,
) => {
  addon().batchNormInference(
    dtypeCode[out.dtype],
    x.buffer, x.byteOffset,
    weight?.buffer ?? null, weight?.byteOffset ?? 0,
    bias?.buffer ?? null, bias?.byteOffset ?? 0,
    runningMean.buffer, runningMean.byteOffset,
    runningVar.buffer, runningVar.byteOffset,
    mean.buffer, mean.byteOffset,
    inverseStd.buffer, inverseStd.byteOffset,
    out.buffer, out.byteOffset,
    batch, channels, spatial, eps, activation, parameter,
  )
}

// prettier-ignore
export const batchNormSums: Kernels['batchNormSums'] = (
  x, gradOut, mean, inverseStd, sums, gradWeight, gradBias, batch, channels, spatial, weightBeta,
  biasBeta,
) => {
  addon().batchNormSums(
    dtypeCode[x.dtype],
    x.buffer, x.byteOffset,
    gradOut.buffer, gradOut.byteOffset,
    mean.buffer, mean.byteOffset,
    inverseStd.buffer, inverseStd.byteOffset,
    sums.buffer, sums.byteOffset,
    gradWeight?.buffer ?? null, gradWeight?.byteOffset ?? 0,
    gradBias?.buffer ?? null, gradBias?.byteOffset ?? 0,
    batch, channels, spatial, weightBeta, biasBeta,
  )
}

// prettier-ignore
export const batchNormGradient: Kernels['batchNormGradient'] = (
  x, gradOut, weight, mean, inverseStd, sums, gradX, batch, channels, spatial,
) => {
  addon().batchNormGradient(
    dtypeCode[gradX.dtype],
    x.buffer, x.byteOffset,
    gradOut.buffer, gradOut.byteOffset,
    weight?.buffer ?? null, weight?.byteOffset ?? 0,
    mean.buffer, mean.byteOffset,
    inverseStd.buffer, inverseStd.byteOffset,
    sums?.buffer ?? null, sums?.byteOffset ?? 0,
    gradX.buffer, gradX.byteOffset,
    batch, channels, spatial,
  )
}
