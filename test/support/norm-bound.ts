import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { bothSides, roundoff, smallestNormal, sumBound } from './tolerance.js'

/** Of one channel, with the errors that its computation may have; inverseError is relative. */
export interface Statistics {
  readonly n: number
  readonly mean: number
  readonly variance: number
  readonly inverse: number
  readonly meanError: number
  readonly varianceError: number
  readonly inverseError: number
}

/** Calls visit(i, c) for every element i of (batch, channels, spatial). */
function forEach(
  batch: number,
  channels: number,
  spatial: number,
  visit: (i: number, c: number) => void,
): void {
  const length = batch * channels * spatial
  for (let i = 0; i < length; i++) visit(i, Math.floor(i / spatial) % channels)
}

/**
 * For n numbers of at most M with the variance v:
 *   mean       a sum of n terms, a division and the rounding of the result: (n + 4) u M
 *   variance   sum of n squares of rounded differences, a division: (n + 6) u v; that the differences
 *              are from a mean off by e adds e^2, and e^2 again for the correction of it
 *   inverse    half of the relative error of v + eps, three more roundings
 */
export function channelStatistics(
  dtype: FloatDType,
  x: TypedArray,
  batch: number,
  channels: number,
  spatial: number,
  eps: number,
): Statistics[] {
  const n = batch * spatial
  const u = roundoff[dtype]
  const sums = new Float64Array(channels)
  const squares = new Float64Array(channels)
  const largest = new Float64Array(channels)
  forEach(batch, channels, spatial, (i, c) => {
    sums[c]! += x[i]!
    largest[c] = Math.max(largest[c]!, Math.abs(x[i]!))
  })
  forEach(batch, channels, spatial, (i, c) => {
    squares[c]! += (x[i]! - sums[c]! / n) ** 2
  })
  return Array.from(sums, (sum, c) => {
    const variance = squares[c]! / n
    const meanError = bothSides(dtype, 1.01 * (n + 4) * u * largest[c]!)
    const varianceError = bothSides(dtype, 1.01 * (n + 6) * u * variance) + 2 * meanError ** 2
    const inverseError = varianceError / (2 * (variance + eps)) + bothSides(dtype, 3 * u)
    const inverse = 1 / Math.sqrt(variance + eps)
    return { n, mean: sum / n, variance, inverse, meanError, varianceError, inverseError }
  })
}

/**
 * (x - mean) * scale + bias with scale = weight * inverse: the errors of the statistics, and five
 * roundings, those of the product and the sum among them.
 */
export function normBound(
  dtype: FloatDType,
  x: TypedArray,
  { weight, bias }: { weight?: TypedArray; bias?: TypedArray },
  statistics: readonly Statistics[],
  channels: number,
  spatial: number,
): (i: number) => number {
  const u = roundoff[dtype]
  return (i) => {
    const c = Math.floor(i / spatial) % channels
    const { mean, inverse, meanError, inverseError } = statistics[c]!
    const scale = Math.abs(weight?.[c] ?? 1) * inverse
    const size = scale * Math.abs(x[i]! - mean)
    const rounded = bothSides(dtype, 5 * u * (size + Math.abs(bias?.[c] ?? 0)))
    return scale * meanError + size * inverseError + rounded + smallestNormal[dtype]
  }
}

/** Errors of sum g and sum g (x - mean) of each channel, the mean given. */
export function sumsBound(
  dtype: FloatDType,
  x: TypedArray,
  g: TypedArray,
  mean: TypedArray,
  batch: number,
  channels: number,
  spatial: number,
): { readonly g: number; readonly gx: number }[] {
  const n = batch * spatial
  const magnitudes = Array.from({ length: channels }, () => ({ g: 0, gx: 0 }))
  forEach(batch, channels, spatial, (i, c) => {
    magnitudes[c]!.g += Math.abs(g[i]!)
    magnitudes[c]!.gx += Math.abs(g[i]! * (x[i]! - mean[c]!))
  })
  return magnitudes.map((size) => ({
    g: sumBound(dtype, n, size.g),
    gx: sumBound(dtype, n, size.gx, 2),
  }))
}
