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
 * Layer normalisation of each row of x (rows, cols), with a weight and a bias for each column:
 *   mean, inverseStd = 1 / sqrt(biased variance + eps)   (rows each, kept for the gradients)
 *   out = (x - mean) * inverseStd * weight + bias        (where null: 1 and 0)
 */
export const layerNorm = operation('out', {
  x: read,
  weight: readOrNull,
  bias: readOrNull,
  mean: overwritten,
  inverseStd: overwritten,
  out: overwritten,
  rows: number,
  cols: number,
  eps: number,
})
export type LayerNormArgs = ArgsOf<typeof layerNorm>

/**
 * Gradient of `layerNorm` by x: with d = gradOut * weight and hat = (x - mean) inverseStd,
 *   gradX = inverseStd (d - mean of d - hat * mean of d hat)   (means over the row)
 * gradX may be gradOut.
 */
export const layerNormGradient = operation('gradX', {
  x: read,
  gradOut: read,
  weight: readOrNull,
  mean: read,
  inverseStd: read,
  gradX: overwrittenOver('gradOut'),
  rows: number,
  cols: number,
})
export type LayerNormGradientArgs = ArgsOf<typeof layerNormGradient>

/**
 * Gradients of `layerNorm` by weight and bias, either of which may be null:
 *   gradWeight = sum over rows of gradOut * hat + weightBeta * gradWeight
 *   gradBias = sum over rows of gradOut + biasBeta * gradBias
 */
export const layerNormAffineGradient = operation('x', {
  x: read,
  gradOut: read,
  mean: read,
  inverseStd: read,
  gradWeight: updatedOrNull,
  gradBias: updatedOrNull,
  rows: number,
  cols: number,
  weightBeta: number,
  biasBeta: number,
})
export type LayerNormAffineGradientArgs = ArgsOf<typeof layerNormAffineGradient>

export const layerNormOperations = { layerNorm, layerNormGradient, layerNormAffineGradient }
