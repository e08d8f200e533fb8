import {
  type ArgsOf,
  number,
  overwritten,
  overwrittenOver,
  read,
  readOrNull,
  updatedOrNull,
  operation,
} from './operation.js'

/**
 * Group normalisation of x (batch, channels, spatial): of each of `groups` groups of consecutive
 * channels of a sample, with a weight and a bias for each channel. mean and inverseStd (batch,
 * groups) are kept for the gradients. Raises `ERR_SHAPE` when groups does not divide channels.
 */
export const groupNorm = operation('out', {
  x: read,
  weight: readOrNull,
  bias: readOrNull,
  mean: overwritten,
  inverseStd: overwritten,
  out: overwritten,
  batch: number,
  channels: number,
  spatial: number,
  groups: number,
  eps: number,
})
export type GroupNormArgs = ArgsOf<typeof groupNorm>

/**
 * sums (float64: batch, channels, 2) = of each channel of a sample the sum of g = gradOut and that
 * of g (x - mean), and from them the gradients by the parameters, as in `batchNormSums`.
 */
export const groupNormSums = operation('x', {
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
  groups: number,
  weightBeta: number,
  biasBeta: number,
})
export type GroupNormSumsArgs = ArgsOf<typeof groupNormSums>

/**
 * Gradient of `groupNorm` by x. With n elements a group, S and P the sums over its channels of
 * weight times the two of `groupNormSums`:
 *   gradX = inverseStd (weight g - S / n - (x - mean) inverseStd^2 P / n)
 * gradX may be gradOut.
 */
export const groupNormGradient = operation('gradX', {
  x: read,
  gradOut: read,
  weight: readOrNull,
  mean: read,
  inverseStd: read,
  sums: read,
  gradX: overwrittenOver('gradOut'),
  batch: number,
  channels: number,
  spatial: number,
  groups: number,
})
export type GroupNormGradientArgs = ArgsOf<typeof groupNormGradient>

export const groupNormOperations = { groupNorm, groupNormSums, groupNormGradient }
