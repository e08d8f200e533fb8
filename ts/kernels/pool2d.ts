import { type ArgsOf, flag, number, overwritten, read, operation, sizes } from './operation.js'

/**
 * Sizes of a pooling over `planes` = batch * channels images. The padding below and right is as wide
 * as above and left; windows may reach past it.
 */
export interface Pool2dGeometry {
  readonly planes: number
  readonly inHeight: number
  readonly inWidth: number
  readonly outHeight: number
  readonly outWidth: number
  readonly kernelHeight: number
  readonly kernelWidth: number
  readonly strideHeight: number
  readonly strideWidth: number
  readonly padTop: number
  readonly padLeft: number
  readonly dilationHeight: number
  readonly dilationWidth: number
}

const pool2dGeometry = sizes<Pool2dGeometry>(
  'planes',
  'inHeight',
  'inWidth',
  'outHeight',
  'outWidth',
  'kernelHeight',
  'kernelWidth',
  'strideHeight',
  'strideWidth',
  'padTop',
  'padLeft',
  'dilationHeight',
  'dilationWidth',
)

/**
 * out = the largest value of each window, the first among equals; a NaN wins, the padding never.
 * index (int32, as out) = its place y * inWidth + x in the plane. A window of nothing but padding
 * gives -Infinity and 0.
 */
export const maxPool2d = operation('out', {
  x: read,
  out: overwritten,
  index: overwritten,
  geometry: pool2dGeometry,
})
export type MaxPool2dArgs = ArgsOf<typeof maxPool2d>

/**
 * gradX = 0, then gradX[index] += gradOut in the order of the outputs; index as maxPool2d wrote it
 * for the same sizes. One that is outside of the plane raises `ERR_VALUE` before anything is written.
 */
export const maxPool2dGradient = operation('gradX', {
  gradOut: read,
  index: read,
  gradX: overwritten,
  geometry: pool2dGeometry,
})
export type MaxPool2dGradientArgs = ArgsOf<typeof maxPool2dGradient>

/**
 * out = sum of the window / divisor. The divisor is `divisorOverride` if that is not 0, else the
 * number of the window's elements: with countIncludePad those of the padding too, never those past
 * it. A window without an element gives 0. The dilation is 1.
 */
export const avgPool2d = operation('out', {
  x: read,
  out: overwritten,
  geometry: pool2dGeometry,
  countIncludePad: flag,
  divisorOverride: number,
})
export type AvgPool2dArgs = ArgsOf<typeof avgPool2d>

/** gradX[e] = sum over the windows that hold e of gradOut / divisor. */
export const avgPool2dGradient = operation('gradX', {
  gradOut: read,
  gradX: overwritten,
  geometry: pool2dGeometry,
  countIncludePad: flag,
  divisorOverride: number,
})
export type AvgPool2dGradientArgs = ArgsOf<typeof avgPool2dGradient>

/** Averages; along each dimension window i of n covers floor(i in / n) to ceil((i + 1) in / n). */
export const adaptiveAvgPool2d = operation('out', {
  x: read,
  out: overwritten,
  planes: number,
  inHeight: number,
  inWidth: number,
  outHeight: number,
  outWidth: number,
})
export type AdaptiveAvgPool2dArgs = ArgsOf<typeof adaptiveAvgPool2d>

export const adaptiveAvgPool2dGradient = operation('gradX', {
  gradOut: read,
  gradX: overwritten,
  planes: number,
  inHeight: number,
  inWidth: number,
  outHeight: number,
  outWidth: number,
})
export type AdaptiveAvgPool2dGradientArgs = ArgsOf<typeof adaptiveAvgPool2dGradient>

export const pool2dOperations = {
  maxPool2d,
  maxPool2dGradient,
  avgPool2d,
  avgPool2dGradient,
  adaptiveAvgPool2d,
  adaptiveAvgPool2dGradient,
}
