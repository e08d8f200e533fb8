import { expect } from 'chai'

import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { backends, suiteTitle } from '../support/backends.js'
import { channelStatistics, sumsBound } from '../support/norm-bound.js'
import { asView, check } from '../support/op-case.js'
import { bell, floatDTypes, spread } from '../support/samples.js'
import { roundings, sumBound } from '../support/tolerance.js'

const EPS = 1e-5

/** (batch, channels, spatial, groups) */
const shapes = [
  [0, 4, 3, 2],
  [2, 4, 0, 2],
  [1, 1, 2, 1],
  [3, 4, 1, 2],
  [5, 34, 1, 2],
  [2, 6, 5, 3],
  [3, 6, 64, 1],
  [4, 3, 49, 3],
  [2, 4, 4097, 2],
  [40, 6, 300, 2],
] as const
type Shape = readonly [number, number, number, number]

function checkShape(dtype: FloatDType, shape: Shape, beta: number): void {
  const [batch, channels, spatial, groups] = shape
  const length = batch * channels * spatial
  const x: TypedArray = bell(dtype, length, 1)
  const weight = bell(dtype, channels, 2)
  const bias = bell(dtype, channels, 3)
  const size = (channels / groups) * spatial
  const groupOf = (i: number): number => Math.floor(i / size)
  const channelOf = (i: number): number => Math.floor(i / spatial) % channels
  const statistics = channelStatistics(dtype, x, 1, batch * groups, size, EPS)
  check({
    title: `groupNorm (${shape.join(', ')})`,
    dtype,
    operands: {
      x,
      weight,
      bias,
      mean: bell(dtype, batch * groups, 4),
      inverseStd: bell(dtype, batch * groups, 5),
      out: bell(dtype, length, 6),
    },
    bounds: {
      // without elements nothing is written
      mean: (g) => (size === 0 ? 0 : statistics[g]!.meanError),
      inverseStd: (g, value) => (size === 0 ? 0 : statistics[g]!.inverseError * value),
      out: (i) => {
        const { mean, inverse, meanError, inverseError } = statistics[groupOf(i)]!
        const scale = Math.abs(weight[channelOf(i)]!) * inverse
        const distance = scale * Math.abs(x[i]! - mean)
        const rounded = roundings(dtype, 5, distance + Math.abs(bias[channelOf(i)]!))
        return scale * meanError + distance * inverseError + rounded
      },
    },
    run: (kernels, v) => {
      kernels.groupNorm(
        { x: v.x, weight: v.weight, bias: v.bias, mean: v.mean, inverseStd: v.inverseStd, out: v.out, batch, channels, spatial, groups, eps: EPS, }
      ) // prettier-ignore
    },
  })

  const gradOut = bell(dtype, length, 7)
  const mean = bell(dtype, batch * groups, 8, 0.3)
  const inverseStd = spread(dtype, batch * groups, 9, 0.5, 2)
  const gradWeight = bell(dtype, channels, 10)
  const gradBias = bell(dtype, channels, 11)
  const runs = batch * channels
  const runMean = Float64Array.from({ length: runs }, (_, r) => mean[Math.floor((r * groups) / channels)]!) // prettier-ignore
  const bound = sumsBound(dtype, x, gradOut, runMean, 1, runs, spatial)
  const sums = new Float64Array(2 * runs)
  const magnitude = new Float64Array(2 * channels)
  const error = new Float64Array(2 * channels)
  for (let i = 0; i < length; i++) {
    const run = Math.floor(i / spatial)
    const inverse = inverseStd[groupOf(i)]!
    const term = gradOut[i]! * (x[i]! - runMean[run]!)
    sums[2 * run]! += gradOut[i]!
    sums[2 * run + 1]! += term
    magnitude[2 * channelOf(i)]! += Math.abs(gradOut[i]!)
    magnitude[2 * channelOf(i) + 1]! += Math.abs(term) * inverse
  }
  bound.forEach((one, run) => {
    const inverse = inverseStd[Math.floor((run * groups) / channels)]!
    error[2 * (run % channels)]! += one.g
    error[2 * (run % channels) + 1]! += one.gx * inverse
  })
  // of each channel the errors of its runs, which are added up and multiplied by inverseStd
  const parameterBound =
    (place: number, old: TypedArray) =>
    (c: number): number =>
      error[2 * c + place]! +
      sumBound('float64', batch, magnitude[2 * c + place]!, 2) +
      roundings(dtype, 4, magnitude[2 * c + place]! + Math.abs(beta * old[c]!))
  check({
    title: `groupNormSums (${shape.join(', ')}) + ${beta} old`,
    dtype,
    operands: {
      x,
      gradOut,
      mean,
      inverseStd,
      sums: new Float64Array(2 * runs),
      gradWeight,
      gradBias,
    },
    bounds: {
      sums: (i) => bound[i >> 1]![i % 2 === 0 ? 'g' : 'gx'],
      gradWeight: parameterBound(1, gradWeight),
      gradBias: parameterBound(0, gradBias),
    },
    run: (kernels, v) => {
      kernels.groupNormSums(
        { x: v.x, gradOut: v.gradOut, mean: v.mean, inverseStd: v.inverseStd, sums: v.sums, gradWeight: v.gradWeight, gradBias: v.gradBias, batch, channels,
        spatial, groups, weightBeta: beta, biasBeta: beta, }
      ) // prettier-ignore
    },
  })

  const perGroup = channels / groups
  const totals = Array.from({ length: batch * groups }, (_, group) => {
    let [sum, product] = [0, 0]
    for (let run = group * perGroup; run < (group + 1) * perGroup; run++) {
      sum += Math.abs(weight[run % channels]! * sums[2 * run]!)
      product += Math.abs(weight[run % channels]! * sums[2 * run + 1]!)
    }
    return [sum / size, product / size] as const
  })
  check({
    title: `groupNormGradient (${shape.join(', ')})`,
    dtype,
    operands: { x, gradOut, weight, mean, inverseStd, sums, gradX: bell(dtype, length, 12) },
    bounds: {
      // the two means are sums over the channels in double, then ten roundings as in batch normalisation
      gradX: (i) => {
        const group = groupOf(i)
        const [sum, product] = totals[group]!
        const inverse = inverseStd[group]!
        const along = Math.abs(x[i]! - mean[group]!) * inverse ** 2 * product
        const d = Math.abs(weight[channelOf(i)]! * gradOut[i]!)
        return (
          inverse *
          (roundings(dtype, 10, d + sum + along) + sumBound('float64', perGroup, sum + along, 2))
        )
      },
    },
    inPlace: [['gradX', 'gradOut']],
    run: (kernels, v) => {
      kernels.groupNormGradient(
        { x: v.x, gradOut: v.gradOut, weight: v.weight, mean: v.mean, inverseStd: v.inverseStd, sums: v.sums, gradX: v.gradX, batch, channels, spatial,
        groups, }
      ) // prettier-ignore
    },
  })
}

describe(suiteTitle('group normalisation'), () => {
  for (const dtype of floatDTypes) {
    it(`${dtype}: forward and gradients`, () => {
      for (const shape of shapes) checkShape(dtype, shape, 0)
      checkShape(dtype, [3, 6, 7, 2], 1)
    })
  }

  it('refuses groups that do not divide the channels', () => {
    for (const kernels of backends) {
      const x = asView(new Float32Array(8))
      expect(() => {
        kernels.groupNorm({
          x,
          weight: null,
          bias: null,
          mean: x,
          inverseStd: x,
          out: x,
          batch: 1,
          channels: 4,
          spatial: 2,
          groups: 3,
          eps: EPS,
        })
      }).to.throw('groupNorm: expected groups to divide 4 channels, got 3')
    }
  })
})
