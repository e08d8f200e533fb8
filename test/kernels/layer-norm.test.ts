import { reference } from '../../ts/kernels/reference/index.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { suiteTitle } from '../support/backends.js'
import { channelStatistics } from '../support/norm-bound.js'
import { asView, check } from '../support/op-case.js'
import { bell, floatDTypes } from '../support/samples.js'
import { bothSides, roundings, roundoff, sumBound } from '../support/tolerance.js'

const EPS = 1e-5

/** (rows, cols): around vectors, blocks of 256 rows and of 4096 elements, strips of 1024 columns. */
const shapes = [
  [0, 4],
  [4, 0],
  [1, 1],
  [3, 2],
  [5, 7],
  [16, 32],
  [3, 65],
  [257, 10],
  [1030, 3],
  [2, 4096],
  [3, 4097],
  [2, 9001],
  [300, 1030],
] as const
type Shape = readonly [number, number]

function checkForward(
  dtype: FloatDType,
  [rows, cols]: Shape,
  x: TypedArray,
  affine: boolean,
): void {
  const weight = bell(dtype, cols, 2)
  const bias = bell(dtype, cols, 3)
  const statistics = channelStatistics(dtype, x, 1, rows, cols, EPS)
  check({
    title: `layerNorm (${rows}, ${cols})${affine ? '' : ' without affine'}`,
    dtype,
    operands: {
      x,
      weight,
      bias,
      mean: bell(dtype, rows, 4),
      inverseStd: bell(dtype, rows, 5),
      out: bell(dtype, x.length, 6),
    },
    bounds: {
      mean: (r) => statistics[r]!.meanError,
      inverseStd: (r, value) => statistics[r]!.inverseError * value,
      // (x - mean) * (weight * inverse) + bias: the errors of the statistics and four roundings
      out: (i) => {
        const { mean, inverse, meanError, inverseError } = statistics[Math.floor(i / cols)]!
        const scale = affine ? Math.abs(weight[i % cols]! * inverse) : inverse
        const size = scale * Math.abs(x[i]! - mean)
        const shift = affine ? Math.abs(bias[i % cols]!) : 0
        return scale * meanError + size * inverseError + roundings(dtype, 5, size + shift)
      },
    },
    run: (kernels, v) => {
      const [w, b] = affine ? [v.weight, v.bias] : [null, null]
      kernels.layerNorm({
        x: v.x,
        weight: w,
        bias: b,
        mean: v.mean,
        inverseStd: v.inverseStd,
        out: v.out,
        rows,
        cols,
        eps: EPS,
      })
    },
  })
}

function checkGradients(dtype: FloatDType, [rows, cols]: Shape, x: TypedArray, beta: number): void {
  const gradOut = bell(dtype, x.length, 7)
  const weight = bell(dtype, cols, 2)
  const [mean, inverseStd] = [bell(dtype, rows, 4), bell(dtype, rows, 5)]
  if (rows * cols > 0) {
    const out = asView(bell(dtype, x.length, 6))
    const [m, i] = [asView(mean), asView(inverseStd)]
    reference.layerNorm({
      x: asView(x),
      weight: null,
      bias: null,
      mean: m,
      inverseStd: i,
      out,
      rows,
      cols,
      eps: EPS,
    })
  }
  const hat = (i: number): number => {
    const r = Math.floor(i / cols)
    return (x[i]! - mean[r]!) * inverseStd[r]!
  }
  // magnitudes of the two sums of each row, in units of hat
  const sizes = Array.from({ length: rows }, (_, r) => {
    let [sum, product] = [0, 0]
    for (let i = r * cols; i < (r + 1) * cols; i++) {
      const d = Math.abs(gradOut[i]! * weight[i % cols]!)
      sum += d
      product += d * Math.abs(hat(i))
    }
    return [sum, product] as const
  })
  check({
    title: `layerNormGradient (${rows}, ${cols})`,
    dtype,
    operands: { x, gradOut, weight, mean, inverseStd, gradX: bell(dtype, x.length, 8) },
    bounds: {
      // inverse (d - sum / cols - hat product / cols): each sum has cols terms of up to three
      // roundings, and ten cover the factors and the differences
      gradX: (i) => {
        const r = Math.floor(i / cols)
        const [sum, product] = sizes[r]!
        const d = Math.abs(gradOut[i]! * weight[i % cols]!)
        const means = (sum + Math.abs(hat(i)) * product) / cols
        return (
          Math.abs(inverseStd[r]!) *
          (sumBound(dtype, cols, means, 3) + roundings(dtype, 10, d + means))
        )
      },
    },
    inPlace: [['gradX', 'gradOut']],
    run: (kernels, v) => {
      kernels.layerNormGradient({
        x: v.x,
        gradOut: v.gradOut,
        weight: v.weight,
        mean: v.mean,
        inverseStd: v.inverseStd,
        gradX: v.gradX,
        rows,
        cols,
      })
    },
  })

  const gradWeight = bell(dtype, cols, 9)
  const gradBias = bell(dtype, cols, 10)
  const columns = Array.from({ length: cols }, () => [0, 0] as [number, number])
  for (let i = 0; i < rows * cols; i++) {
    columns[i % cols]![0] += Math.abs(gradOut[i]!)
    columns[i % cols]![1] += Math.abs(gradOut[i]! * hat(i))
  }
  const twoMore = (size: number): number => bothSides(dtype, 3 * roundoff[dtype] * size)
  check({
    title: `layerNormAffineGradient (${rows}, ${cols}) + ${beta} old`,
    dtype,
    operands: { x, gradOut, mean, inverseStd, gradWeight, gradBias },
    bounds: {
      gradWeight: (c) => {
        const size = columns[c]![1]
        return sumBound(dtype, rows, size, 3) + twoMore(size + Math.abs(beta * gradWeight[c]!))
      },
      gradBias: (c) => {
        const size = columns[c]![0]
        return sumBound(dtype, rows, size) + twoMore(size + Math.abs(beta * gradBias[c]!))
      },
    },
    run: (kernels, v) => {
      kernels.layerNormAffineGradient(
        { x: v.x, gradOut: v.gradOut, mean: v.mean, inverseStd: v.inverseStd, gradWeight: v.gradWeight, gradBias: v.gradBias, rows, cols, weightBeta: beta, biasBeta: beta, }
      ) // prettier-ignore
    },
  })
}

describe(suiteTitle('layer normalisation'), () => {
  for (const dtype of floatDTypes) {
    it(`${dtype}: forward`, () => {
      for (const shape of shapes) {
        checkForward(dtype, shape, bell(dtype, shape[0] * shape[1], 1), true)
      }
      checkForward(dtype, [5, 37], bell(dtype, 185, 1), false)
    })

    it(`${dtype}: gradients`, () => {
      for (const shape of shapes) {
        checkGradients(dtype, shape, bell(dtype, shape[0] * shape[1], 1), 0)
      }
      checkGradients(dtype, [6, 35], bell(dtype, 210, 1), 1)
    })
  }
})
