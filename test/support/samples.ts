import type { DType, FloatDType, TypedArray } from '../../ts/kernels/dtype.js'

/** A source of numbers in [0, 1) that is not the one under test: mulberry32, by T. Ettinger. */
export function source(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** An array of a dtype; the values are rounded to it. */
export function arrayOf(dtype: DType, values: Iterable<number>): TypedArray {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(values)
    case 'float64':
      return Float64Array.from(values)
    case 'int32':
      return Int32Array.from(values)
    case 'uint8':
      return Uint8Array.from(values)
  }
}

function generate(dtype: DType, n: number, next: () => number): TypedArray {
  const values = arrayOf(dtype, []).constructor as new (n: number) => TypedArray
  const array = new values(n)
  for (let i = 0; i < n; i++) array[i] = next()
  return array
}

/** Bell-shaped numbers with mean 0 and deviation `scale`: a sum of uniform ones. */
export function bell(dtype: DType, n: number, seed: number, scale = 1): TypedArray {
  const next = source(seed)
  return generate(
    dtype,
    n,
    () => scale * Math.sqrt(2) * (next() + next() + next() + next() + next() + next() - 3),
  )
}

/** Numbers in [low, high). */
export function spread(
  dtype: DType,
  n: number,
  seed: number,
  low: number,
  high: number,
): TypedArray {
  const next = source(seed)
  return generate(dtype, n, () => low + (high - low) * next())
}

/** Whole numbers in [low, high). */
export function whole(
  dtype: DType,
  n: number,
  seed: number,
  low: number,
  high: number,
): TypedArray {
  const next = source(seed)
  return generate(dtype, n, () => low + Math.floor((high - low) * next()))
}

/** Numbers of both signs whose magnitudes run through all binary orders from 2^low to 2^high. */
export function orders(
  dtype: FloatDType,
  n: number,
  seed: number,
  low: number,
  high: number,
): TypedArray {
  const next = source(seed)
  return generate(dtype, n, () => (next() < 0.5 ? -1 : 1) * 2 ** (low + (high - low) * next()))
}

/** What a dtype has beside ordinary numbers, and the values at which functions change their ways. */
export function specials(dtype: FloatDType): TypedArray {
  const [subnormal, normal, largest] =
    dtype === 'float32'
      ? [2 ** -149, 2 ** -126, (2 - 2 ** -23) * 2 ** 127]
      : [Number.MIN_VALUE, 2 ** -1022, Number.MAX_VALUE]
  const magnitudes = [
    0,
    subnormal,
    5 * subnormal,
    normal,
    largest,
    Infinity,
    1e-30,
    1e-4,
    0.5,
    1,
    2,
    3,
  ]
  const edges = [19.999, 20, 20.001, 87, 88.5, 89, 103, 104, 700, 709.5, 710, 745, 746, 1e4, 1e9]
  return arrayOf(dtype, [NaN, ...[...magnitudes, ...edges].flatMap((x) => [x, -x])])
}

/** Sizes around the lanes of a vector (4 to 16) and a few of them unrolled, and primes. */
export const smallSizes = [
  0, 1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 23, 31, 32, 33, 47, 63, 64, 65, 97, 127, 128, 129, 257,
] as const

/** Enough for several tasks of the thread pool (native/ops/grain.h), and not a multiple of anything. */
export const bigSize = 70_001

export const floatDTypes = ['float32', 'float64'] as const satisfies readonly FloatDType[]
