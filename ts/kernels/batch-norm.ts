import type { ActivationKind } from './kinds.js'
import {
  type ArgsOf,
  code,
  number,
  overwritten,
  overwrittenOver,
  read,
  readOrNull,
  updatedOrNull,
  operation,
} from './operation.js'

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
 * Batch normalisation with known statistics: mean = runningMean, inverseStd = 1 / sqrt(runningVar +
 * eps), both kept for the gradient, and out as in `batchNorm`.
 */
export const batchNormInference = operation('out', {
  x: read,
  weight: readOrNull,
  bias: readOrNull,
  runningMean: read,
  runningVar: read,
  mean: overwritten,
  inverseStd: overwritten,
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
  batchNormInference,
  batchNormSums,
  batchNormGradient,
}
