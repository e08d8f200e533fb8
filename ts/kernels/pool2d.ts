import type { View } from './view.js'

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

export interface Pool2dKernels {
  /**
   * out = the largest value of each window, the first among equals; a NaN wins, the padding never.
   * index (int32, as out) = its place y * inWidth + x in the plane. A window of nothing but padding
   * gives -Infinity and 0.
   */
  maxPool2d(x: View, out: View, index: View, geometry: Pool2dGeometry): void

  /**
   * gradX = 0, then gradX[index] += gradOut in the order of the outputs; index as maxPool2d wrote it
   * for the same sizes. One that is outside of the plane raises `ERR_VALUE` before anything is written.
   */
  maxPool2dGradient(gradOut: View, index: View, gradX: View, geometry: Pool2dGeometry): void

  /**
   * out = sum of the window / divisor. The divisor is `divisorOverride` if that is not 0, else the
   * number of the window's elements: with countIncludePad those of the padding too, never those past
   * it. A window without an element gives 0. The dilation is 1.
   */
  avgPool2d(
    x: View,
    out: View,
    geometry: Pool2dGeometry,
    countIncludePad: boolean,
    divisorOverride: number,
  ): void

  /** gradX[e] = sum over the windows that hold e of gradOut / divisor. */
  avgPool2dGradient(
    gradOut: View,
    gradX: View,
    geometry: Pool2dGeometry,
    countIncludePad: boolean,
    divisorOverride: number,
  ): void

  /** Averages; along each dimension window i of n covers floor(i in / n) to ceil((i + 1) in / n). */
  adaptiveAvgPool2d(
    x: View,
    out: View,
    planes: number,
    inHeight: number,
    inWidth: number,
    outHeight: number,
    outWidth: number,
  ): void

  adaptiveAvgPool2dGradient(
    gradOut: View,
    gradX: View,
    planes: number,
    inHeight: number,
    inWidth: number,
    outHeight: number,
    outWidth: number,
  ): void
}
