/**
 * How far a result may be from the exact one. No tolerance here is a guess: each comes from the
 * standard model of floating-point arithmetic (N. Higham, "Accuracy and Stability of Numerical
 * Algorithms", chapters 2 and 3), in which every rounding multiplies by (1 + d), |d| <= u.
 *
 * The "exact" value that tests compare with is the reference run in float64 on the same operands. For
 * float32 its own error is 2^-29 of the bound and vanishes in it; for float64 it has the same bound
 * as the native one, so bounds are taken twice (`bothSides`).
 */
import type { FloatDType } from '../../ts/kernels/dtype.js'

/** u, the largest relative error of one rounding: half an ulp of 1. */
export const roundoff = { float32: 2 ** -24, float64: 2 ** -53 } as const

const smallestNormalExponent = { float32: -126, float64: -1022 } as const
const fractionBits = { float32: 23, float64: 52 } as const

/** The smallest positive number with all bits of precision. */
export const smallestNormal = { float32: 2 ** -126, float64: 2 ** -1022 } as const

/** The distance between neighbouring numbers of a dtype around `value`. */
export function ulp(dtype: FloatDType, value: number): number {
  const size = Math.abs(value)
  let exponent = size === 0 ? -Infinity : Math.floor(Math.log2(size))
  // log2 may round up to the next whole number
  if (2 ** exponent > size) exponent -= 1
  return 2 ** (Math.max(exponent, smallestNormalExponent[dtype]) - fractionBits[dtype])
}

/** A bound of one computation, for the difference of two of them where both can be that far off. */
export function bothSides(dtype: FloatDType, bound: number): number {
  return dtype === 'float64' ? 2 * bound : bound * (1 + 2 ** -20)
}

/**
 * Error of a sum of `terms` numbers whose absolute values add up to `magnitude`, in any order and with
 * or without fused multiply-adds: (terms + extra) u magnitude, where `extra` counts the other
 * roundings that each term goes through. (Higham 3.5: gamma_n = n u / (1 - n u); the factor 1.01
 * covers the denominator for n u < 0.009.)
 */
export function sumBound(dtype: FloatDType, terms: number, magnitude: number, extra = 0): number {
  return bothSides(dtype, 1.01 * (terms + extra) * roundoff[dtype] * magnitude + ulp(dtype, 0))
}

/** Error of a result that went through `roundings` roundings, each relative to `magnitude`. */
export function roundings(dtype: FloatDType, count: number, magnitude: number): number {
  return sumBound(dtype, 0, magnitude, count)
}

/** Error of `count` ulps of the result. */
export function ulps(dtype: FloatDType, count: number, expected: number): number {
  return bothSides(dtype, count * ulp(dtype, expected))
}

/** The value that a dtype stores for a number: float32 rounds it and overflows to Infinity. */
function stored(dtype: FloatDType, value: number): number {
  return dtype === 'float32' ? Math.fround(value) : value
}

/** Whether `actual` is within `bound` of `expected`; NaN and infinities must be met exactly. */
export function isWithin(
  dtype: FloatDType,
  actual: number,
  expected: number,
  bound: number,
): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(actual)
  if (actual === expected) return true
  if (!Number.isFinite(expected)) return false
  if (Math.abs(actual - expected) <= bound && Number.isFinite(bound)) return true
  const rounded = stored(dtype, expected)
  if (actual === rounded) return true
  // beside the largest number the rounding decides between it and Infinity
  return (
    !Number.isFinite(actual) && actual === stored(dtype, expected + Math.sign(expected) * bound)
  )
}
