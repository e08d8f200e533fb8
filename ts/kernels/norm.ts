import type { ActivationKind } from './kinds.js'
import type { View } from './view.js'

/** Normalisation. All statistics are sums in a fixed order, kept in double precision. */
export interface NormKernels {
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
  batchNorm(
    x: View,
    weight: View | null,
    bias: View | null,
    runningMean: View | null,
    runningVar: View | null,
    batches: View | null,
    mean: View,
    inverseStd: View,
    out: View,
    batch: number,
    channels: number,
    spatial: number,
    eps: number,
    momentum: number,
    activation: ActivationKind,
    parameter: number,
  ): void

  /**
   * Batch normalisation with known statistics: mean = runningMean, inverseStd = 1 / sqrt(runningVar +
   * eps), both kept for the gradient, and out as in `batchNorm`.
   */
  batchNormInference(
    x: View,
    weight: View | null,
    bias: View | null,
    runningMean: View,
    runningVar: View,
    mean: View,
    inverseStd: View,
    out: View,
    batch: number,
    channels: number,
    spatial: number,
    eps: number,
    activation: ActivationKind,
    parameter: number,
  ): void

  /**
   * sums (float64: channels, 2) = of each channel the sum of g = gradOut and that of g (x - mean), and
   * from them the gradients by the parameters, either of which may be null:
   *   gradWeight = inverseStd * sum g (x - mean) + weightBeta * gradWeight
   *   gradBias = sum g + biasBeta * gradBias
   */
  batchNormSums(
    x: View,
    gradOut: View,
    mean: View,
    inverseStd: View,
    sums: View,
    gradWeight: View | null,
    gradBias: View | null,
    batch: number,
    channels: number,
    spatial: number,
    weightBeta: number,
    biasBeta: number,
  ): void

  /**
   * Gradient of `batchNorm` by x, with the sums of `batchNormSums` and m = batch * spatial:
   *   gradX = weight inverseStd (g - sums[0] / m - (x - mean) inverseStd^2 sums[1] / m)
   * or, sums null, of `batchNormInference`: weight inverseStd g. gradX may be gradOut.
   */
  batchNormGradient(
    x: View,
    gradOut: View,
    weight: View | null,
    mean: View,
    inverseStd: View,
    sums: View | null,
    gradX: View,
    batch: number,
    channels: number,
    spatial: number,
  ): void

  /**
   * Layer normalisation of each row of x (rows, cols), with a weight and a bias for each column:
   *   mean, inverseStd = 1 / sqrt(biased variance + eps)   (rows each, kept for the gradients)
   *   out = (x - mean) * inverseStd * weight + bias        (where null: 1 and 0)
   */
  layerNorm(
    x: View,
    weight: View | null,
    bias: View | null,
    mean: View,
    inverseStd: View,
    out: View,
    rows: number,
    cols: number,
    eps: number,
  ): void

  /**
   * Gradient of `layerNorm` by x: with d = gradOut * weight and hat = (x - mean) inverseStd,
   *   gradX = inverseStd (d - mean of d - hat * mean of d hat)   (means over the row)
   * gradX may be gradOut.
   */
  layerNormGradient(
    x: View,
    gradOut: View,
    weight: View | null,
    mean: View,
    inverseStd: View,
    gradX: View,
    rows: number,
    cols: number,
  ): void

  /**
   * Gradients of `layerNorm` by weight and bias, either of which may be null:
   *   gradWeight = sum over rows of gradOut * hat + weightBeta * gradWeight
   *   gradBias = sum over rows of gradOut + biasBeta * gradBias
   */
  layerNormAffineGradient(
    x: View,
    gradOut: View,
    mean: View,
    inverseStd: View,
    gradWeight: View | null,
    gradBias: View | null,
    rows: number,
    cols: number,
    weightBeta: number,
    biasBeta: number,
  ): void

  /**
   * Group normalisation of x (batch, channels, spatial): of each of `groups` groups of consecutive
   * channels of a sample, with a weight and a bias for each channel. mean and inverseStd (batch,
   * groups) are kept for the gradients. Raises `ERR_SHAPE` when groups does not divide channels.
   */
  groupNorm(
    x: View,
    weight: View | null,
    bias: View | null,
    mean: View,
    inverseStd: View,
    out: View,
    batch: number,
    channels: number,
    spatial: number,
    groups: number,
    eps: number,
  ): void

  /**
   * sums (float64: batch, channels, 2) = of each channel of a sample the sum of g = gradOut and that
   * of g (x - mean), and from them the gradients by the parameters, as in `batchNormSums`.
   */
  groupNormSums(
    x: View,
    gradOut: View,
    mean: View,
    inverseStd: View,
    sums: View,
    gradWeight: View | null,
    gradBias: View | null,
    batch: number,
    channels: number,
    spatial: number,
    groups: number,
    weightBeta: number,
    biasBeta: number,
  ): void

  /**
   * Gradient of `groupNorm` by x. With n elements a group, S and P the sums over its channels of
   * weight times the two of `groupNormSums`:
   *   gradX = inverseStd (weight g - S / n - (x - mean) inverseStd^2 P / n)
   * gradX may be gradOut.
   */
  groupNormGradient(
    x: View,
    gradOut: View,
    weight: View | null,
    mean: View,
    inverseStd: View,
    sums: View,
    gradX: View,
    batch: number,
    channels: number,
    spatial: number,
    groups: number,
  ): void
}
