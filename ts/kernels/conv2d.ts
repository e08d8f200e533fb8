import type { ActivationKind } from './kinds.js'
import {
  type ArgsOf,
  addedTo,
  code,
  number,
  overwritten,
  read,
  readOrNull,
  operation,
  sizes,
} from './operation.js'

/**
 * Sizes of a two-dimensional convolution over (batch, channels, height, width). Padding at the bottom
 * and at the right is what the output size implies.
 */
export interface Conv2dGeometry {
  readonly batch: number
  readonly inChannels: number
  readonly inHeight: number
  readonly inWidth: number
  readonly outChannels: number
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
  /** Divides inChannels and outChannels; as many as inChannels: depthwise. */
  readonly groups: number
}

export const conv2dGeometry = sizes<Conv2dGeometry>(
  'batch',
  'inChannels',
  'inHeight',
  'inWidth',
  'outChannels',
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
  'groups',
)

/**
 * How a convolution is computed; the codes of native/ops/conv2d_geometry.h. The native backend refuses
 * with `ERR_VALUE` what an algorithm cannot compute; to the reference all are one.
 */
export const Conv2dAlgorithm = {
  /** Chosen by shape. */
  auto: 0,
  /** Product of the weights with patches that are gathered while packing. */
  implicitGemm: 1,
  /**
   * Tiles of 4 x 4 results under a kernel of 3x3, of 2 x 2 under one of 5x5, from 36 products; stride
   * and dilation 1, one group. See the class Conv2d for its errors.
   */
  winograd: 2,
  /** Plane by plane, for few channels in a group: depthwise above all. */
  direct: 3,
  /** 1x1, stride 1, no padding: a product with the image as it lies. */
  pointwise: 4,
  /** Products with the patches of all results, written out: for few results an image; one group. */
  unfolded: 5,
} as const
export type Conv2dAlgorithm = (typeof Conv2dAlgorithm)[keyof typeof Conv2dAlgorithm]

/*FILE DOC*/
/**
 * Cross-correlation, as every framework calls convolution, with x = 0 outside of the image and g the
 * group of o; weight is (outChannels, inChannels / groups, kernelHeight, kernelWidth):
 *   out[b, o, i, j] = activation(bias[o] + sum over c, p, q of weight[o, c, p, q] *
 *     x[b, g inChannels / groups + c, i strideHeight - padTop + p dilationHeight,
 *       j strideWidth - padLeft + q dilationWidth])
 * `ERR_VALUE` or `ERR_SHAPE` before anything is written when groups do not divide the channels or a
 * stride, dilation or kernel size is below 1.
 */

export const conv2d = operation('out', {
  x: read,
  weight: read,
  bias: readOrNull,
  out: overwritten,
  geometry: conv2dGeometry,
  activation: code<ActivationKind>(),
  parameter: number,
  algorithm: code<Conv2dAlgorithm>(),
})
export type Conv2dArgs = ArgsOf<typeof conv2d>

/**
 * gradX = its gradient, from gradOut, + bias (inChannels): with a bias it is the forward pass of a
 * transposed convolution.
 */
export const conv2dInputGradient = operation('gradX', {
  gradOut: read,
  weight: read,
  bias: readOrNull,
  gradX: overwritten,
  geometry: conv2dGeometry,
  algorithm: code<Conv2dAlgorithm>(),
})
export type Conv2dInputGradientArgs = ArgsOf<typeof conv2dInputGradient>

/** gradWeight = its gradient + beta * gradWeight; beta = 0 writes without reading. */
export const conv2dWeightGradient = operation('gradWeight', {
  x: read,
  gradOut: read,
  gradWeight: addedTo('beta'),
  geometry: conv2dGeometry,
  beta: number,
  algorithm: code<Conv2dAlgorithm>(),
})
export type Conv2dWeightGradientArgs = ArgsOf<typeof conv2dWeightGradient>

/**
 * out (channels) = sum of x (batch, channels, spatial) over batch and spatial, + beta * out: the
 * gradient of a bias.
 */
export const channelSum = operation('out', {
  x: read,
  out: addedTo('beta'),
  batch: number,
  channels: number,
  spatial: number,
  beta: number,
})
export type ChannelSumArgs = ArgsOf<typeof channelSum>

export const conv2dOperations = { conv2d, conv2dInputGradient, conv2dWeightGradient, channelSum }
