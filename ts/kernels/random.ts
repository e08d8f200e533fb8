import {
  type ArgsOf,
  flag,
  number,
  optional,
  overwritten,
  place,
  read,
  updated,
  operation,
} from './operation.js'

/**
 * Random numbers of Philox 4x32-10. `state` (int32, 4 elements) holds, as unsigned words, the seed
 * (low, high) and the number of blocks drawn so far (low, high); block i is philox(counter =
 * (i low, i high, 0, 0), key = seed) and gives four words w0..w3. A call for n numbers takes whole
 * blocks from the next one on and advances the state: ceil(n / 4) blocks for float32, ceil(n / 2)
 * for float64. Element e of the call uses word e % 4 of block e / 4 (float32), words 2(e % 2) and
 * 2(e % 2) + 1 of block e / 2 (float64).
 *
 * With `before`, `after` and `runs` (1 unless they are given; a divisor of n) the call stands for one of
 * runs (before + n / runs + after) numbers, and advances the state as that would: number i of run r of those
 * that are made is its number r (before + n / runs + after) + before + i. `ERR_SHAPE` where they make no sense.
 *
 * uniform: u in [0, 1) is (w >> 8) 2^-24, or ((w_a >>> 5) 2^26 + (w_b >>> 6)) 2^-53 with w_a the first
 * word; y = low + (high - low) u, and where that is rounded to high, the number before it.
 */
export const uniform = operation('y', {
  state: updated,
  y: overwritten,
  n: number,
  low: number,
  high: number,
  ...place,
})
export type UniformArgs = ArgsOf<typeof uniform>

/**
 * Box-Muller on consecutive pairs (u1, u2) of uniform numbers, u1 replaced by 1 - u1:
 * y[2j] = mean + std * sqrt(-2 ln u1) cos(2 pi u2), y[2j + 1] the same with sin. An odd n drops the
 * last sine; the blocks taken are those for n rounded up to even.
 */
export const normal = operation('y', {
  state: updated,
  y: overwritten,
  n: number,
  mean: number,
  std: number,
  ...place,
})
export type NormalArgs = ArgsOf<typeof normal>

/** y[i] = u < p ? value : 0, with u as float32's uniform for both dtypes. */
export const bernoulli = operation('y', {
  state: updated,
  y: overwritten,
  n: number,
  p: number,
  value: number,
})
export type BernoulliArgs = ArgsOf<typeof bernoulli>

/**
 * y (int32, n) = a random permutation of 0..n-1: Fisher-Yates from the end, i = n-1..1 swaps i with
 * j uniform in [0, i] by Lemire's multiply-and-reject on successive words ((w * (i + 1)) >>> 32,
 * rejected while the low half is below 2^32 mod (i + 1)). Takes as many whole blocks as it needs.
 */
export const permutation = operation(null, {
  state: updated,
  y: overwritten,
  n: number,
})
export type PermutationArgs = ArgsOf<typeof permutation>

/**
 * y (int32) = low + floor((high - low) w 2^-64), w = 2^32 words 2(e % 2) + words 2(e % 2) + 1 of block e / 2.
 * `ERR_VALUE` unless -2^31 <= low < high <= 2^31.
 */
export const randint = operation(null, {
  state: updated,
  y: overwritten,
  n: number,
  low: number,
  high: number,
  ...place,
})
export type RandintArgs = ArgsOf<typeof randint>

/** y[i] = u < x[i] ? 1 : 0, with u as float64's uniform. `ERR_VALUE` for an x outside [0, 1]. */
export const bernoulliEach = operation('y', {
  state: updated,
  x: read,
  y: overwritten,
  n: number,
  ...place,
})
export type BernoulliEachArgs = ArgsOf<typeof bernoulliEach>

/**
 * y (int32; rows, samples) = columns of x (rows, categories), whose elements are their weights, drawn with
 * replacement or without; number s of row r with u of element r samples + s of float64's uniform. `ERR_VALUE`
 * for a weight that is negative or NaN, a row whose sum is 0 or not finite, and, without replacement, one
 * with fewer weights above 0 than samples. `before` and `after` are rows here.
 */
export const multinomial = operation('x', {
  state: updated,
  x: read,
  y: overwritten,
  rows: number,
  categories: number,
  samples: number,
  replacement: flag,
  before: optional(number, 0),
  after: optional(number, 0),
})
export type MultinomialArgs = ArgsOf<typeof multinomial>

export const randomOperations = {
  uniform,
  normal,
  bernoulli,
  permutation,
  randint,
  bernoulliEach,
  multinomial,
}
