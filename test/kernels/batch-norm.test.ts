import { expect } from 'chai'

import { ValueError } from '../../ts/errors.js'
import { ActivationKind, type Kernels, type View } from '../../ts/kernels/kernels.js'
import { reference } from '../../ts/kernels/reference/index.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { backends, suiteTitle } from '../support/backends.js'
import { channelStatistics, normBound, sumsBound } from '../support/norm-bound.js'
import { asView, check } from '../support/op-case.js'
import { arrayOf, bell, floatDTypes, spread } from '../support/samples.js'
import { roundings } from '../support/tolerance.js'

const EPS = 1e-5

/** (batch, channels, spatial): rows and runs around vectors, blocks of 256 rows and 4096 elements. */
const shapes = [
  [0, 3, 1],
  [2, 3, 0],
  [2, 1, 1],
  [3, 5, 1],
  [7, 17, 1],
  [64, 32, 1],
  [255, 3, 1],
  [257, 9, 1],
  [1030, 5, 1],
  [3, 2001, 1],
  [1, 1, 2],
  [2, 3, 4],
  [5, 7, 3],
  [4, 3, 49],
  [3, 16, 64],
  [1, 2, 4095],
  [1, 1, 4097],
  [2, 2, 5003],
  [70, 3, 63],
  [1, 3, 33_000],
  [300, 2, 65],
] as const
type Shape = readonly [number, number, number]

const name = (shape: Shape, what = ''): string => `(${shape.join(', ')})${what}`

function checkForward(dtype: FloatDType, shape: Shape, x: TypedArray, affine: boolean): void {
  const [batch, channels, spatial] = shape
  const weight = bell(dtype, channels, 2)
  const bias = bell(dtype, channels, 3)
  const momentum = 0.3
  const old = { mean: bell(dtype, channels, 4), variance: spread(dtype, channels, 5, 0.5, 2) }
  const statistics = channelStatistics(dtype, x, batch, channels, spatial, EPS)
  const own = affine ? { weight, bias } : {}
  check({
    title: `batchNorm ${name(shape, affine ? '' : ' without affine')}`,
    dtype,
    operands: {
      x,
      weight,
      bias,
      runningMean: old.mean,
      runningVar: old.variance,
      batches: Int32Array.of(3),
      mean: bell(dtype, channels, 6),
      inverseStd: bell(dtype, channels, 7),
      out: bell(dtype, x.length, 8),
    },
    bounds: {
      batches: 'exact',
      mean: (c) => statistics[c]!.meanError,
      inverseStd: (c, value) => statistics[c]!.inverseError * value,
      // two products, a sum, and the share of the statistic's own error
      runningMean: (c) =>
        roundings(dtype, 4, Math.abs(old.mean[c]!) + Math.abs(statistics[c]!.mean)) +
        momentum * statistics[c]!.meanError,
      runningVar: (c) => {
        const { variance, varianceError, n } = statistics[c]!
        const unbiased = n / (n - 1)
        return (
          roundings(dtype, 6, old.variance[c]! + unbiased * variance) +
          momentum * unbiased * varianceError
        )
      },
      out: normBound(dtype, x, own, statistics, channels, spatial),
    },
    run: (kernels, v) => {
      kernels.batchNorm(
        { x: v.x, weight: affine ? v.weight : null, bias: affine ? v.bias : null, runningMean: v.runningMean, runningVar: v.runningVar,
        batches: v.batches, mean: v.mean, inverseStd: v.inverseStd, out: v.out, batch, channels, spatial, eps: EPS, momentum,
        activation: ActivationKind.identity, parameter: 0, }
      ) // prettier-ignore
    },
  })
}

const vectorsOf = (dtype: FloatDType, channels: number) => ({
  runningMean: asView(bell(dtype, channels, 4)),
  runningVar: asView(spread(dtype, channels, 5, 0.5, 2)),
  batches: asView(Int32Array.of(3)),
  mean: asView(bell(dtype, channels, 6)),
  inverseStd: asView(bell(dtype, channels, 7)),
})

/** In a process of its own. */
function checkStatistics(dtype: FloatDType, shape: Shape, kernels: Kernels): void {
  const [batch, channels, spatial] = shape
  const x = asView(bell(dtype, batch * channels * spatial, 1))
  const common = { x, batch, channels, spatial, eps: EPS, momentum: 0.3 }
  const rest = { weight: asView(bell(dtype, channels, 2)), bias: asView(bell(dtype, channels, 3)) }
  const activation = { activation: ActivationKind.relu, parameter: 0 }
  const [whole, apart] = [vectorsOf(dtype, channels), vectorsOf(dtype, channels)]
  const [out, other] = [8, 9].map((seed) => asView(bell(dtype, x.length, seed)))
  const share = asView(Float64Array.of(7))
  kernels.batchNorm({ ...common, ...whole, ...rest, ...activation, out: out! })
  kernels.batchNormStatistics({ ...common, ...apart, share, counted: true })
  expect(share.data[0]).to.equal(batch * spatial === 0 ? 0 : 1)
  const given = { mean: apart.mean, inverseStd: apart.inverseStd }
  const statistics = { runningMean: null, runningVar: null }
  kernels.batchNormInference({
    ...common,
    ...given,
    ...statistics,
    ...rest,
    ...activation,
    out: other!,
  })
  const what = `${kernels.name} ${name(shape)}`
  for (const key of Object.keys(whole) as (keyof typeof whole)[])
    expect(apart[key].data, `${what}: ${key}`).to.deep.equal(whole[key].data)
  if (x.length > 0) expect(other!.data, what).to.deep.equal(out!.data)
}

function checkInference(dtype: FloatDType, shape: Shape, x: TypedArray): void {
  const [batch, channels, spatial] = shape
  const runningMean = bell(dtype, channels, 4)
  const runningVar = spread(dtype, channels, 5, 0.1, 2)
  const weight = bell(dtype, channels, 2)
  const bias = bell(dtype, channels, 3)
  // the statistics are given: only 1 / sqrt(var + eps) is rounded, three times
  const given = Array.from(runningMean, (mean, c) => {
    const inverse = 1 / Math.sqrt(runningVar[c]! + EPS)
    const inverseError = roundings(dtype, 3, 1)
    return { n: 0, mean, variance: 0, inverse, meanError: 0, varianceError: 0, inverseError }
  })
  check({
    title: `batchNormInference ${name(shape)}`,
    dtype,
    operands: {
      x,
      weight,
      bias,
      runningMean,
      runningVar,
      mean: bell(dtype, channels, 6),
      inverseStd: bell(dtype, channels, 7),
      out: bell(dtype, x.length, 8),
    },
    bounds: {
      mean: 'exact',
      inverseStd: (c, value) => given[c]!.inverseError * value,
      out: normBound(dtype, x, { weight, bias }, given, channels, spatial),
    },
    run: (kernels, v) => {
      kernels.batchNormInference(
        { x: v.x, weight: v.weight, bias: v.bias, runningMean: v.runningMean, runningVar: v.runningVar, mean: v.mean, inverseStd: v.inverseStd, out: v.out, batch,
        channels, spatial, eps: EPS, activation: ActivationKind.identity, parameter: 0, }
      ) // prettier-ignore
    },
  })
}

function checkGradient(dtype: FloatDType, shape: Shape, x: TypedArray, beta: number): void {
  const [batch, channels, spatial] = shape
  const gradOut = bell(dtype, x.length, 9)
  const mean = bell(dtype, channels, 10, 0.3)
  const inverseStd = spread(dtype, channels, 11, 0.5, 2)
  const gradWeight = bell(dtype, channels, 12)
  const gradBias = bell(dtype, channels, 13)
  const bound = sumsBound(dtype, x, gradOut, mean, batch, channels, spatial)
  check({
    title: `batchNormSums ${name(shape)} + ${beta} old`,
    dtype,
    operands: {
      x,
      gradOut,
      mean,
      inverseStd,
      sums: new Float64Array(2 * channels),
      gradWeight,
      gradBias,
    },
    bounds: {
      sums: (i) => bound[i >> 1]![i % 2 === 0 ? 'g' : 'gx'],
      gradWeight: (c, value) =>
        inverseStd[c]! * bound[c]!.gx +
        roundings(dtype, 4, Math.abs(value) + 2 * Math.abs(beta * gradWeight[c]!)),
      gradBias: (c, value) =>
        bound[c]!.g + roundings(dtype, 3, Math.abs(value) + 2 * Math.abs(beta * gradBias[c]!)),
    },
    run: (kernels, v) => {
      kernels.batchNormSums(
        { x: v.x, gradOut: v.gradOut, mean: v.mean, inverseStd: v.inverseStd, sums: v.sums, gradWeight: v.gradWeight, gradBias: v.gradBias, batch, channels,
        spatial, weightBeta: beta, biasBeta: beta, }
      ) // prettier-ignore
    },
  })

  const sums = new Float64Array(2 * channels)
  const ignored = asView(new Float64Array(channels))
  reference.batchNormSums(
    { x: asView(x), gradOut: asView(gradOut), mean: asView(mean), inverseStd: ignored, sums: asView(sums), gradWeight: null, gradBias: null, batch, channels,
    spatial, weightBeta: 0, biasBeta: 0, }
  ) // prettier-ignore
  const weight = bell(dtype, channels, 2)
  const m = batch * spatial
  for (const training of [true, false]) {
    check({
      title: `batchNormGradient ${name(shape, training ? '' : ' of evaluation')}`,
      dtype,
      operands: { x, gradOut, weight, mean, inverseStd, sums, gradX: bell(dtype, x.length, 14) },
      bounds: {
        // scale g - slope (x - mean) - shift: slope has five roundings of its own and the sum of the
        // three terms three more
        gradX: (i) => {
          const c = Math.floor(i / spatial) % channels
          const inverse = inverseStd[c]!
          const scale = Math.abs(weight[c]! * inverse)
          const rest = Math.abs(sums[2 * c]! / m)
          const along = Math.abs((x[i]! - mean[c]!) * inverse ** 2 * (sums[2 * c + 1]! / m))
          const size = Math.abs(gradOut[i]!) + (training ? rest + along : 0)
          return roundings(dtype, 10, scale * size)
        },
      },
      inPlace: [['gradX', 'gradOut']],
      run: (kernels, v) => {
        kernels.batchNormGradient(
          { x: v.x, gradOut: v.gradOut, weight: v.weight, mean: v.mean, inverseStd: v.inverseStd, sums: training ? v.sums : null, gradX: v.gradX, batch,
          channels, spatial, }
        ) // prettier-ignore
      },
    })
  }
}

describe(suiteTitle('batch normalisation'), () => {
  for (const dtype of floatDTypes) {
    it(`${dtype}: training`, () => {
      for (const shape of shapes) {
        const [batch, channels, spatial] = shape
        checkForward(dtype, shape, bell(dtype, batch * channels * spatial, 1), true)
      }
      checkForward(dtype, [6, 5, 7], bell(dtype, 210, 1), false)
    })

    it(`${dtype}: statistics apart from what they are for, to the same bits`, () => {
      for (const shape of shapes) {
        for (const kernels of backends) checkStatistics(dtype, shape, kernels)
      }
    })

    it(`${dtype}: evaluation`, () => {
      for (const shape of shapes) {
        const [batch, channels, spatial] = shape
        checkInference(dtype, shape, bell(dtype, batch * channels * spatial, 1))
      }
    })

    it(`${dtype}: gradients`, () => {
      for (const shape of shapes) {
        const [batch, channels, spatial] = shape
        checkGradient(dtype, shape, bell(dtype, batch * channels * spatial, 1), 0)
      }
      checkGradient(dtype, [6, 5, 7], bell(dtype, 210, 1), 1)
      checkGradient(dtype, [6, 5, 1], bell(dtype, 30, 1), 0.5)
    })

    it(`${dtype}: keeps the variance of numbers far from 0`, () => {
      // 1 + k / 8 around 2^20, or around 2^46: exact numbers whose squares are not
      const far = dtype === 'float32' ? 2 ** 20 : 2 ** 46
      for (const [batch, spatial] of [
        [1000, 1],
        [10, 100],
        [2, 5000],
      ] as const) {
        const m = batch * spatial
        const offsets = Array.from({ length: m }, (_, i) => ((i * 7919) % 16) / 8)
        const average = offsets.reduce((sum, d) => sum + d, 0) / m
        const variance = offsets.reduce((sum, d) => sum + (d - average) ** 2, 0) / m
        const x = asView(arrayOf(dtype, offsets.map((d) => far + d))) // prettier-ignore
        for (const kernels of backends) {
          const [mean, inverseStd] = [new Float64Array(1), new Float64Array(1)].map((values) =>
            arrayOf(dtype, values),
          )
          const out = asView(arrayOf(dtype, offsets))
          kernels.batchNorm(
            { x, weight: null, bias: null, runningMean: null, runningVar: null, batches: null, mean: asView(mean!), inverseStd: asView(inverseStd!), out, batch, channels: 1,
            spatial, eps: 0, momentum: 0, activation: ActivationKind.identity, parameter: 0, }
          ) // prettier-ignore
          // A mean of m numbers of the size of `far` may be off by m u far before it is corrected;
          // what is left are the m roundings of deviations of at most 2.
          const u = dtype === 'float32' ? 2 ** -24 : 2 ** -53
          const relative = 4 * (m + 8) * u
          expect(inverseStd![0]! * Math.sqrt(variance)).to.be.closeTo(1, relative)
          expect(mean![0]).to.be.closeTo(far + average, 2 * u * far + 2 * (m + 8) * u)
        }
      }
    })
  }

  for (const dtype of floatDTypes) {
    it(`applies an activation function as if it came after, ${dtype}`, () => {
      for (const [batch, channels, spatial] of shapes) {
        const x = asView(bell(dtype, batch * channels * spatial, 1))
        for (const kernels of backends) {
          for (const kind of [ActivationKind.relu, ActivationKind.gelu]) {
            const vector = (): View => asView(bell(dtype, channels, 2))
            const [fused, apart] = [0, 0].map(() => asView(bell(dtype, x.length, 3)))
            kernels.batchNorm(
              { x, weight: null, bias: vector(), runningMean: null, runningVar: null, batches: null, mean: vector(), inverseStd: vector(), out: fused!, batch, channels,
              spatial, eps: EPS, momentum: 0.1, activation: kind, parameter: 0, }
            ) // prettier-ignore
            kernels.batchNorm(
              { x, weight: null, bias: vector(), runningMean: null, runningVar: null, batches: null, mean: vector(), inverseStd: vector(), out: apart!, batch, channels,
              spatial, eps: EPS, momentum: 0.1, activation: ActivationKind.identity, parameter: 0, }
            ) // prettier-ignore
            kernels.activation({ kind, x: apart!, y: apart!, n: x.length, parameter: 0 })
            expect(fused!.data).to.deep.equal(apart!.data)
          }
        }
      }
    })
  }

  it('has no statistics of what does not count or is one value, and leaves everything as it was', () => {
    for (const kernels of backends) {
      const [vectors, before] = [vectorsOf('float64', 2), vectorsOf('float64', 2)]
      const share = asView(Float64Array.of(7))
      const of = (batch: number, counted: boolean) => (): void => {
        const x = asView(bell('float64', batch * 2, 1))
        const common = { channels: 2, spatial: 1, eps: EPS, momentum: 0.1 }
        kernels.batchNormStatistics({ ...common, ...vectors, x, batch, share, counted })
      }
      expect(of(1, true)).to.throw(ValueError, 'one on all ranks together')
      expect(share.data[0]).to.equal(7)
      for (const nothing of [of(0, true), of(3, false), of(1, false)]) {
        share.data[0] = 7
        nothing()
        expect(share.data[0]).to.equal(0)
      }
      for (const key of Object.keys(before) as (keyof typeof before)[])
        expect(vectors[key].data).to.deep.equal(before[key].data)
    }
  })

  it('refuses an unknown activation function before anything changes', () => {
    for (const kernels of backends) {
      const batches = new Int32Array(1)
      const four = (): View => asView(new Float32Array(4))
      const call = (): void => {
        kernels.batchNorm(
          { x: four(), weight: null, bias: null, runningMean: four(), runningVar: four(), batches: asView(batches), mean: four(), inverseStd: four(), out: four(), batch: 2, channels: 2, spatial: 1, eps: EPS,
          momentum: 0.1, activation: 99 as ActivationKind, parameter: 0, }
        ) // prettier-ignore
      }
      expect(call).to.throw(ValueError, /activation/)
      expect(batches[0]).to.equal(0)
    }
  })

  it('averages over all batches where momentum is NaN', () => {
    for (const kernels of backends) {
      const runningMean = Float64Array.of(9)
      const runningVar = Float64Array.of(9)
      const batches = new Int32Array(1)
      const kept = asView(new Float64Array(1))
      const inputs = [[1, 3], [5, 9], [-2, 0]] // prettier-ignore
      for (const x of inputs) {
        kernels.batchNorm(
          { x: asView(Float64Array.from(x)), weight: null, bias: null, runningMean: asView(runningMean), runningVar: asView(runningVar),
          batches: asView(batches), mean: kept, inverseStd: asView(new Float64Array(1)), out: asView(new Float64Array(2)), batch: 2, channels: 1, spatial: 1,
          eps: EPS, momentum: NaN, activation: ActivationKind.identity, parameter: 0, }
        ) // prettier-ignore
      }
      expect(batches[0]).to.equal(3)
      expect(runningMean[0]).to.be.closeTo((2 + 7 - 1) / 3, 1e-15 * 16)
      expect(runningVar[0]).to.be.closeTo((2 + 8 + 2) / 3, 1e-15 * 16)
    }
  })

  it('one NaN spoils its channel and no other', () => {
    for (const kernels of backends) {
      for (const [batch, spatial] of [
        [6, 1],
        [2, 5],
      ] as const) {
        const x = bell('float32', batch * 3 * spatial, 1)
        x[spatial] = NaN
        const out = new Float32Array(x.length)
        const [mean, inverseStd] = [new Float32Array(3), new Float32Array(3)]
        kernels.batchNorm(
          { x: asView(x), weight: null, bias: null, runningMean: null, runningVar: null, batches: null, mean: asView(mean), inverseStd: asView(inverseStd), out: asView(out),
          batch, channels: 3, spatial, eps: EPS, momentum: 0.1, activation: ActivationKind.identity, parameter: 0, }
        ) // prettier-ignore
        out.forEach((value, i) => {
          expect(Number.isNaN(value)).to.equal(Math.floor(i / spatial) % 3 === 1)
        })
      }
    }
  })
})
