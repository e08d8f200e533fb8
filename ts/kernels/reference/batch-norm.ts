import { ValueError } from '../../errors.js'
import type {
  BatchNormArgs,
  BatchNormInferenceArgs,
  BatchNormStatisticsArgs,
  BatchNormSumsArgs,
  BatchNormGradientArgs,
} from '../batch-norm.js'
import { refuseOthers } from '../processes.js'
import { activationOfResult } from './activation.js'
import { moments } from './moments.js'
import { doubles, floats, ints, optionalFloats } from './operand.js'

/** Calls visit(index) for every element of channel c of (batch, channels, spatial), if there is one. */
function ofChannel(
  c: number,
  batch: number,
  channels: number,
  spatial: number,
  visit: (i: number) => void,
): void {
  for (let b = 0; b < (spatial === 0 ? 0 : batch); b++) {
    const start = (b * channels + c) * spatial
    for (let i = start; i < start + spatial; i++) visit(i)
  }
}

/**
 * For each channel: mean and 1 / sqrt(variance + eps), with the mean and the biased variance of the batch; the
 * running ones move towards the mean and the unbiased variance. Checks the operands and returns what computes.
 */
function statisticsOf(
  op: string,
  {
    x,
    runningMean,
    runningVar,
    batches,
    mean,
    inverseStd,
    batch,
    channels,
    spatial,
    eps,
    momentum,
  }: Omit<BatchNormStatisticsArgs, 'share' | 'counted'>,
): () => void {
  const xs = floats(x, batch * channels * spatial, op, 'x')
  const means = optionalFloats(runningMean, channels, op, 'runningMean')
  const variances = optionalFloats(runningVar, channels, op, 'runningVar')
  const count = batches === null ? null : ints(batches, 1, op, 'batches')
  const ownMean = floats(mean, channels, op, 'mean')
  const inverse = floats(inverseStd, channels, op, 'inverseStd')
  return () => {
    if (count !== null) count[0]! += 1
    const f = Number.isNaN(momentum) && count !== null ? 1 / count[0]! : momentum
    const m = batch * spatial
    for (let c = 0; c < channels; c++) {
      const { mean: average, squares } = moments(m, (visit) => {
        ofChannel(c, batch, channels, spatial, (i) => {
          visit(xs[i]!)
        })
      })
      ownMean[c] = average
      inverse[c] = 1 / Math.sqrt(squares / m + eps)
      if (means !== null) means[c] = (1 - f) * means[c]! + f * average
      if (variances !== null) variances[c] = (1 - f) * variances[c]! + (f * squares) / (m - 1)
    }
  }
}

/** For each channel: out = f((x - mean) * inverseStd * weight + bias). Checks and returns what computes. */
function normalisation(
  op: string,
  {
    x,
    weight,
    bias,
    mean,
    inverseStd,
    out,
    batch,
    channels,
    spatial,
    activation,
    parameter,
  }: Omit<BatchNormInferenceArgs, 'runningMean' | 'runningVar' | 'eps'>,
): () => void {
  const act = activationOfResult(activation, parameter, out.dtype)
  const length = batch * channels * spatial
  const xs = floats(x, length, op, 'x')
  const weights = optionalFloats(weight, channels, op, 'weight')
  const biases = optionalFloats(bias, channels, op, 'bias')
  const ownMean = floats(mean, channels, op, 'mean')
  const inverse = floats(inverseStd, channels, op, 'inverseStd')
  const ys = floats(out, length, op, 'out')
  return () => {
    for (let c = 0; c < channels; c++) {
      const scale = (weights?.[c] ?? 1) * inverse[c]!
      const shift = biases?.[c] ?? 0
      ofChannel(c, batch, channels, spatial, (i) => {
        ys[i] = act((xs[i]! - ownMean[c]!) * scale + shift)
      })
    }
  }
}

export function batchNorm(args: BatchNormArgs): void {
  const op = 'batchNorm'
  const takeStatistics = statisticsOf(op, args)
  const normalise = normalisation(op, args)
  if (args.batch * args.channels * args.spatial === 0) return
  takeStatistics()
  normalise()
}

/** The reference has no way to other processes: all are one. */
export function batchNormStatistics(args: BatchNormStatisticsArgs): void {
  const op = 'batchNormStatistics'
  refuseOthers(op)
  const takeStatistics = statisticsOf(op, args)
  const share = doubles(args.share, 1, op, 'share')
  if (args.channels === 0) return
  const values = args.counted ? args.batch * args.spatial : 0
  if (values === 1) {
    throw new ValueError(
      `${op}: expected the input to be of more than one value a feature, so that there is a variance, ` +
        'got one on all ranks together',
    )
  }
  share[0] = values === 0 ? 0 : 1
  if (values > 0) takeStatistics()
}

/** With the running statistics, which are left as they are, or with mean and inverseStd as they are. */
export function batchNormInference(args: BatchNormInferenceArgs): void {
  const op = 'batchNormInference'
  const { channels, eps } = args
  const means = optionalFloats(args.runningMean, channels, op, 'runningMean')
  const variances = optionalFloats(args.runningVar, channels, op, 'runningVar')
  const mean = floats(args.mean, channels, op, 'mean')
  const inverseStd = floats(args.inverseStd, channels, op, 'inverseStd')
  const normalise = normalisation(op, args)
  if (means !== null && variances !== null) {
    for (let c = 0; c < channels; c++) {
      mean[c] = means[c]!
      inverseStd[c] = 1 / Math.sqrt(variances[c]! + eps)
    }
  }
  normalise()
}

/** For each channel: sum g and sum g (x - mean), and the gradients by weight and bias. */
export function batchNormSums({
  x,
  gradOut,
  mean,
  inverseStd,
  sums,
  gradWeight,
  gradBias,
  batch,
  channels,
  spatial,
  weightBeta,
  biasBeta,
}: BatchNormSumsArgs): void {
  const op = 'batchNormSums'
  const length = batch * channels * spatial
  const xs = floats(x, length, op, 'x')
  const gs = floats(gradOut, length, op, 'gradOut')
  const means = floats(mean, channels, op, 'mean')
  const inverse = floats(inverseStd, channels, op, 'inverseStd')
  const totals = doubles(sums, 2 * channels, op, 'sums')
  const gw = optionalFloats(gradWeight, channels, op, 'gradWeight')
  const gb = optionalFloats(gradBias, channels, op, 'gradBias')
  for (let c = 0; c < channels; c++) {
    let sum = 0
    let product = 0
    ofChannel(c, batch, channels, spatial, (i) => {
      sum += gs[i]!
      product += gs[i]! * (xs[i]! - means[c]!)
    })
    totals[2 * c] = sum
    totals[2 * c + 1] = product
    const own = product * inverse[c]!
    if (gw !== null) gw[c] = weightBeta === 0 ? own : own + weightBeta * gw[c]!
    if (gb !== null) gb[c] = biasBeta === 0 ? sum : sum + biasBeta * gb[c]!
  }
}

/** gradX = weight inverseStd (g - mean(g) - (x - mean) inverseStd^2 mean(g (x - mean))). */
export function batchNormGradient({
  x,
  gradOut,
  weight,
  mean,
  inverseStd,
  sums,
  gradX,
  batch,
  channels,
  spatial,
}: BatchNormGradientArgs): void {
  const op = 'batchNormGradient'
  const length = batch * channels * spatial
  const xs = floats(x, length, op, 'x')
  const gs = floats(gradOut, length, op, 'gradOut')
  const weights = optionalFloats(weight, channels, op, 'weight')
  const means = floats(mean, channels, op, 'mean')
  const inverse = floats(inverseStd, channels, op, 'inverseStd')
  const totals = sums === null ? null : doubles(sums, 2 * channels, op, 'sums')
  const gx = floats(gradX, length, op, 'gradX')
  const m = batch * spatial
  for (let c = 0; c < channels; c++) {
    const scale = (weights?.[c] ?? 1) * inverse[c]!
    ofChannel(c, batch, channels, spatial, (i) => {
      if (totals === null) {
        gx[i] = scale * gs[i]!
        return
      }
      const along = (xs[i]! - means[c]!) * inverse[c]! ** 2 * (totals[2 * c + 1]! / m)
      gx[i] = scale * (gs[i]! - totals[2 * c]! / m - along)
    })
  }
}

export const batchNormKernels = {
  batchNorm,
  batchNormStatistics,
  batchNormInference,
  batchNormSums,
  batchNormGradient,
}
