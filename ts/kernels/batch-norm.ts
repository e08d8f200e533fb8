import type { ActivationKind } from './kinds.js'
import {
  type ArgsOf,
  code,
  type Field,
  flag,
  number,
  overwritten,
  overwrittenOver,
  read,
  readOrNull,
  updatedOrNull,
  operation,
} from './operation.js'
import type { View } from './view.js'

/**
 * Batch normalisation in training, of x (batch, channels, spatial) over batch and spatial together,
 * m = batch * spatial values a channel:
 *   mean, inverseStd = 1 / sqrt(biased variance + eps)   (channels each, kept for the gradient)
 *   out = activation((x - mean) * inverseStd * weight + bias)   (where null: 1 and 0)
 *
 * batches (int32, 1 element) counts the calls. runningMean and runningVar become
 * (1 - f) running + f * statistic, the variance the unbiased one, squares / (m - 1); f is momentum,
 * or 1 / batches where that is NaN. The three are null together. Without elements nothing changes.
 */
export const batchNorm = operation('out', {
  x: read,
  weight: readOrNull,
  bias: readOrNull,
  runningMean: updatedOrNull,
  runningVar: updatedOrNull,
  batches: updatedOrNull,
  mean: overwritten,
  inverseStd: overwritten,
  out: overwritten,
  batch: number,
  channels: number,
  spatial: number,
  eps: number,
  momentum: number,
  activation: code<ActivationKind>(),
  parameter: number,
})
export type BatchNormArgs = ArgsOf<typeof batchNorm>

/**
 * What `batchNorm` normalises by, of the samples of all processes of the job: mean and inverseStd, and the
 * running statistics moved on as there. Whether this one's are among them, `counted` tells. Moments are
 * joined in the order of the ranks. Waits for the others.
 *
 * share (float64, 1 element) is the part that the values of this process are of all, 0 unless they are
 * counted: what `batchNormGradient` is to be given are the sums of all processes times it. One value a
 * channel raises `ERR_VALUE` on all of them; where there are none, nothing else changes.
 */
export const batchNormStatistics = operation('x', {
  x: read,
  runningMean: updatedOrNull,
  runningVar: updatedOrNull,
  batches: updatedOrNull,
  mean: overwritten,
  inverseStd: overwritten,
  share: overwritten,
  batch: number,
  channels: number,
  spatial: number,
  eps: number,
  momentum: number,
  counted: flag,
})
export type BatchNormStatisticsArgs = ArgsOf<typeof batchNormStatistics>

/** Written, unless there are no running statistics to make it of. */
const ofRunning: Field<View> = {
  kind: 'operand',
  effect: ({ runningMean, runningVar }) =>
    runningMean === null || runningVar === null ? 'reads' : 'overwrites',
}

/**
 * Batch normalisation with known statistics: mean = runningMean, inverseStd = 1 / sqrt(runningVar +
 * eps), both kept for the gradient, and out as in `batchNorm`. Without running statistics (null), mean and
 * inverseStd are taken as they are.
 */
export const batchNormInference = operation('out', {
  x: read,
  weight: readOrNull,
  bias: readOrNull,
  runningMean: readOrNull,
  runningVar: readOrNull,
  mean: ofRunning,
  inverseStd: ofRunning,
  out: overwritten,
  batch: number,
  channels: number,
  spatial: number,
  eps: number,
  activation: code<ActivationKind>(),
  parameter: number,
})
export type BatchNormInferenceArgs = ArgsOf<typeof batchNormInference>

/**
 * sums (float64: channels, 2) = of each channel the sum of g = gradOut and that of g (x - mean), and
 * from them the gradients by the parameters, either of which may be null:
 *   gradWeight = inverseStd * sum g (x - mean) + weightBeta * gradWeight
 *   gradBias = sum g + biasBeta * gradBias
 */
export const batchNormSums = operation('x', {
  x: read,
  gradOut: read,
  mean: read,
  inverseStd: read,
  sums: overwritten,
  gradWeight: updatedOrNull,
  gradBias: updatedOrNull,
  batch: number,
  channels: number,
  spatial: number,
  weightBeta: number,
  biasBeta: number,
})
export type BatchNormSumsArgs = ArgsOf<typeof batchNormSums>

/**
 * Gradient of `batchNorm` by x, with the sums of `batchNormSums` and m = batch * spatial:
 *   gradX = weight inverseStd (g - sums[0] / m - (x - mean) inverseStd^2 sums[1] / m)
 * or, sums null, of `batchNormInference`: weight inverseStd g. gradX may be gradOut.
 */
export const batchNormGradient = operation('gradX', {
  x: read,
  gradOut: read,
  weight: readOrNull,
  mean: read,
  inverseStd: read,
  sums: readOrNull,
  gradX: overwrittenOver('gradOut'),
  batch: number,
  channels: number,
  spatial: number,
})
export type BatchNormGradientArgs = ArgsOf<typeof batchNormGradient>

export const batchNormOperations = {
  batchNorm,
  batchNormStatistics,
  batchNormInference,
  batchNormSums,
  batchNormGradient,
}
