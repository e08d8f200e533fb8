import type { GroupNormArgs, GroupNormSumsArgs, GroupNormGradientArgs } from '../group-norm.js'
import { ShapeError } from '../../errors.js'
import { moments } from './moments.js'
import { doubles, floats, optionalFloats } from './operand.js'

function checkGroups(op: string, channels: number, groups: number): void {
  if (groups < 1 || channels % groups !== 0) {
    throw new ShapeError(`${op}: expected groups to divide ${channels} channels, got ${groups}`)
  }
}

/** For each group of each sample: out = (x - mean) / sqrt(biased variance + eps) * weight + bias. */
export function groupNorm({
  x,
  weight,
  bias,
  mean,
  inverseStd,
  out,
  batch,
  channels,
  spatial,
  groups,
  eps,
}: GroupNormArgs): void {
  const op = 'groupNorm'
  checkGroups(op, channels, groups)
  const length = batch * channels * spatial
  const xs = floats(x, length, op, 'x')
  const weights = optionalFloats(weight, channels, op, 'weight')
  const biases = optionalFloats(bias, channels, op, 'bias')
  const means = floats(mean, batch * groups, op, 'mean')
  const inverse = floats(inverseStd, batch * groups, op, 'inverseStd')
  const ys = floats(out, length, op, 'out')
  if (length === 0) return
  const size = (channels / groups) * spatial
  for (let group = 0; group < batch * groups; group++) {
    const own = moments(size, (visit) => {
      for (let i = group * size; i < (group + 1) * size; i++) visit(xs[i]!)
    })
    means[group] = own.mean
    inverse[group] = 1 / Math.sqrt(own.squares / size + eps)
    for (let i = group * size; i < (group + 1) * size; i++) {
      const c = Math.floor(i / spatial) % channels
      const hat = (xs[i]! - means[group]!) * inverse[group]!
      ys[i] = hat * (weights?.[c] ?? 1) + (biases?.[c] ?? 0)
    }
  }
}

/** For each channel of each sample: sum g and sum g (x - mean); the gradients by weight and bias. */
export function groupNormSums({
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
  groups,
  weightBeta,
  biasBeta,
}: GroupNormSumsArgs): void {
  const op = 'groupNormSums'
  checkGroups(op, channels, groups)
  const length = batch * channels * spatial
  const xs = floats(x, length, op, 'x')
  const gs = floats(gradOut, length, op, 'gradOut')
  const means = floats(mean, batch * groups, op, 'mean')
  const inverse = floats(inverseStd, batch * groups, op, 'inverseStd')
  const totals = doubles(sums, 2 * batch * channels, op, 'sums')
  const gw = optionalFloats(gradWeight, channels, op, 'gradWeight')
  const gb = optionalFloats(gradBias, channels, op, 'gradBias')
  const perGroup = channels / groups
  for (let c = 0; c < channels; c++) {
    let weightShare = 0
    let biasShare = 0
    for (let b = 0; b < batch; b++) {
      const run = b * channels + c
      const group = Math.floor(run / perGroup)
      let sum = 0
      let product = 0
      for (let i = run * spatial; i < (run + 1) * spatial; i++) {
        sum += gs[i]!
        product += gs[i]! * (xs[i]! - means[group]!)
      }
      totals[2 * run] = sum
      totals[2 * run + 1] = product
      weightShare += product * inverse[group]!
      biasShare += sum
    }
    if (gw !== null) gw[c] = weightBeta === 0 ? weightShare : weightShare + weightBeta * gw[c]!
    if (gb !== null) gb[c] = biasBeta === 0 ? biasShare : biasShare + biasBeta * gb[c]!
  }
}

/**
 * With n elements a group, S = sum weight sums[0] and P = sum weight sums[1] over its channels:
 * gradX = inverseStd (weight g - S / n - (x - mean) inverseStd^2 P / n).
 */
export function groupNormGradient({
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
  groups,
}: GroupNormGradientArgs): void {
  const op = 'groupNormGradient'
  checkGroups(op, channels, groups)
  const length = batch * channels * spatial
  const xs = floats(x, length, op, 'x')
  const gs = floats(gradOut, length, op, 'gradOut')
  const weights = optionalFloats(weight, channels, op, 'weight')
  const means = floats(mean, batch * groups, op, 'mean')
  const inverse = floats(inverseStd, batch * groups, op, 'inverseStd')
  const totals = doubles(sums, 2 * batch * channels, op, 'sums')
  const gx = floats(gradX, length, op, 'gradX')
  const perGroup = channels / groups
  const n = perGroup * spatial
  for (let group = 0; group < batch * groups; group++) {
    let sum = 0
    let product = 0
    for (let run = group * perGroup; run < (group + 1) * perGroup; run++) {
      sum += (weights?.[run % channels] ?? 1) * totals[2 * run]!
      product += (weights?.[run % channels] ?? 1) * totals[2 * run + 1]!
    }
    for (let i = group * n; i < (group + 1) * n; i++) {
      const d = (weights?.[Math.floor(i / spatial) % channels] ?? 1) * gs[i]!
      const along = (xs[i]! - means[group]!) * inverse[group]! ** 2 * (product / n)
      gx[i] = inverse[group]! * (d - sum / n - along)
    }
  }
}

export const groupNormKernels = { groupNorm, groupNormSums, groupNormGradient }
