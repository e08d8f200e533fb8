import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { bothSides, roundoff, smallestNormal } from './tolerance.js'

/** Where element i of (outer, n, inner) stands: the first index of its line along n. */
function lineStart(i: number, n: number, inner: number): number {
  return Math.floor(i / (n * inner)) * n * inner + (i % inner)
}

interface Line {
  readonly max: number
  /** log(sum exp(x - max)) */
  readonly logSum: number
  /** Relative error of sum exp(x - max), in u. */
  readonly sumError: number
}

/**
 * e_j = exp(x_j - max): the difference is rounded (u |x_j - max| of its exponential), exp is within 2
 * ulp (4 u); n of them are summed up (n u). What each e_j adds to the relative error of the sum is
 * weighted by its share of it.
 */
function lineOf(x: TypedArray, start: number, n: number, inner: number): Line {
  let max = -Infinity
  for (let j = 0; j < n; j++) max = Math.max(max, x[start + j * inner]!)
  let sum = 0
  let weighted = 0
  for (let j = 0; j < n; j++) {
    const shifted = x[start + j * inner]! - max
    const e = Math.exp(shifted)
    sum += e
    if (e > 0) weighted += e * Math.abs(shifted)
  }
  return { max, logSum: Math.log(sum), sumError: weighted / sum + 4 + n }
}

function lines(x: TypedArray, n: number, inner: number): (i: number) => Line {
  const known = new Map<number, Line>()
  return (i) => {
    const start = lineStart(i, n, inner)
    const line = known.get(start) ?? lineOf(x, start, n, inner)
    known.set(start, line)
    return line
  }
}

/** Absolute error of softmax or its logarithm. */
export function softmaxBound(
  dtype: FloatDType,
  x: TypedArray,
  n: number,
  inner: number,
  log: boolean,
): (i: number, y: number) => number {
  const lineAt = lines(x, n, inner)
  const u = roundoff[dtype]
  return (i, y) => {
    const { max, logSum, sumError } = lineAt(i)
    const shifted = Math.abs(x[i]! - max)
    // the logarithm: of the sum's error an absolute one, log itself 2 ulp, then x - max and - logSum
    const logError = shifted + sumError + 4 * Math.abs(logSum) + Math.abs(y)
    // e_j as above, the sum, and a division or a reciprocal and a product
    const plainError = y * (shifted + 4 + sumError + 3)
    if (log) return bothSides(dtype, 1.01 * u * logError)
    // exponentials below the normal numbers may become 0
    return bothSides(dtype, (y > 0 ? 1.01 * u * plainError : 0) + smallestNormal[dtype])
  }
}

/** Absolute error of the gradient from the result y. */
export function softmaxGradientBound(
  dtype: FloatDType,
  y: TypedArray,
  gradY: TypedArray,
  n: number,
  inner: number,
  log: boolean,
): (i: number) => number {
  const sums = new Map<number, { sum: number; magnitude: number }>()
  const sumsAt = (i: number) => {
    const start = lineStart(i, n, inner)
    let found = sums.get(start)
    if (!found) {
      found = { sum: 0, magnitude: 0 }
      for (let j = start; j < start + n * inner; j += inner) {
        const term = log ? gradY[j]! : gradY[j]! * y[j]!
        found.sum += term
        found.magnitude += Math.abs(term)
      }
      sums.set(start, found)
    }
    return found
  }
  return (i) => {
    const { sum, magnitude } = sumsAt(i)
    const sumError = (n + 1) * magnitude
    const g = Math.abs(gradY[i]!)
    const size = Math.abs(sum)
    // g - exp(y) sum: exp 2 ulp, a product, a difference; or y (g - sum): a difference and a product
    const p = log ? Math.exp(y[i]!) : y[i]!
    const error = log ? p * (sumError + 6 * size) + g : p * (sumError + 2 * (g + size))
    return bothSides(dtype, 1.01 * roundoff[dtype] * error + smallestNormal[dtype] * (1 + size))
  }
}
