import { conv2dGeometry } from './conv2d.js'
import { type ArgsOf, number, overwritten, read, readOrNull, operation } from './operation.js'

/*FILE DOC*/
/**
 * Layers of signs, -1 and 1 as bits: 32 to an int32 word, the first in its lowest bit. A bit is 1 where
 * a number is below 0, so that 0, -0 and NaN count as 1; bits past the last number are 0. Sums of signs
 * are whole numbers, exact in float32 up to 2^24.
 */
/**
 * Bit b of words[o, w, i] = x[o, 32 w + b, i] < 0, for x (outer, n, inner) and int32 words (outer,
 * ceil(n / 32), inner).
 */
export const packSigns = operation('x', {
  x: read,
  words: overwritten,
  outer: number,
  n: number,
  inner: number,
})
export type PackSignsArgs = ArgsOf<typeof packSigns>

/**
 * out (m, n) = k - 2 popcount(a[i, :] ^ b[:, j]) + bias[j], the product of the signs: words a (m,
 * ceil(k / 32)), words b (ceil(k / 32), n), bias (n).
 */
export const xnorMatmul = operation('out', {
  a: read,
  b: read,
  bias: readOrNull,
  out: overwritten,
  m: number,
  n: number,
  k: number,
})
export type XnorMatmulArgs = ArgsOf<typeof xnorMatmul>

/**
 * The sum of `conv2d` over signs, + bias[o]: what lies outside of the image is neither -1 nor 1 and
 * counts nothing. With w = ceil(inChannels / groups / 32): words x (batch, groups, w, inHeight
 * inWidth), words weight (outChannels, w, kernelHeight kernelWidth), bias (outChannels).
 */
export const xnorConv2d = operation('out', {
  x: read,
  weight: read,
  bias: readOrNull,
  out: overwritten,
  geometry: conv2dGeometry,
})
export type XnorConv2dArgs = ArgsOf<typeof xnorConv2d>

export const xnorOperations = { packSigns, xnorMatmul, xnorConv2d }
