import { type ArgsOf, flag, number, overwritten, read, operation } from './operation.js'

/** Softmax along n, or its logarithm. Stable: the maximum is subtracted first. */
export const softmax = operation('y', {
  x: read,
  y: overwritten,
  outer: number,
  n: number,
  inner: number,
  log: flag,
})
export type SoftmaxArgs = ArgsOf<typeof softmax>

/** Gradient of `softmax` from its result y: y * (g - sum(g * y)), or g - exp(y) * sum(g) for the logarithm. */
export const softmaxGradient = operation('gradX', {
  y: read,
  gradY: read,
  gradX: overwritten,
  outer: number,
  n: number,
  inner: number,
  log: flag,
})
export type SoftmaxGradientArgs = ArgsOf<typeof softmaxGradient>

export const softmaxOperations = { softmax, softmaxGradient }
