import { dtypeCode } from '../dtype.js'
import type { Conv2dGeometry } from '../conv2d.js'
import type { Kernels } from '../kernels.js'
import type { FlatConv2dGeometry } from './addon.js'
import { addon } from './load.js'

export const flat = (g: Conv2dGeometry): FlatConv2dGeometry => [
  g.batch,
  g.inChannels,
  g.inHeight,
  g.inWidth,
  g.outChannels,
  g.outHeight,
  g.outWidth,
  g.kernelHeight,
  g.kernelWidth,
  g.strideHeight,
  g.strideWidth,
  g.padTop,
  g.padLeft,
  g.dilationHeight,
  g.dilationWidth,
  g.groups,
]

export const conv2d: Kernels['conv2d'] = (
  x,
  weight,
  bias,
  out,
  geometry,
  activation,
  parameter,
  algorithm,
) => {
  addon().conv2d(
    dtypeCode[out.dtype],
    x.buffer,
    x.byteOffset,
    weight.buffer,
    weight.byteOffset,
    bias ? bias.buffer : null,
    bias ? bias.byteOffset : 0,
    out.buffer,
    out.byteOffset,
    ...flat(geometry),
    activation,
    parameter,
    algorithm,
  )
}

export const conv2dInputGradient: Kernels['conv2dInputGradient'] = (
  gradOut,
  weight,
  bias,
  gradX,
  geometry,
  algorithm,
) => {
  addon().conv2dInputGradient(
    dtypeCode[gradX.dtype],
    gradOut.buffer,
    gradOut.byteOffset,
    weight.buffer,
    weight.byteOffset,
    bias ? bias.buffer : null,
    bias ? bias.byteOffset : 0,
    gradX.buffer,
    gradX.byteOffset,
    ...flat(geometry),
    algorithm,
  )
}

export const conv2dWeightGradient: Kernels['conv2dWeightGradient'] = (
  x,
  gradOut,
  gradWeight,
  geometry,
  beta,
  algorithm,
) => {
  addon().conv2dWeightGradient(
    dtypeCode[gradWeight.dtype],
    x.buffer,
    x.byteOffset,
    gradOut.buffer,
    gradOut.byteOffset,
    gradWeight.buffer,
    gradWeight.byteOffset,
    ...flat(geometry),
    beta,
    algorithm,
  )
}

export const channelSum: Kernels['channelSum'] = (x, out, batch, channels, spatial, beta) => {
  addon().channelSum(
    dtypeCode[out.dtype],
    x.buffer,
    x.byteOffset,
    out.buffer,
    out.byteOffset,
    batch,
    channels,
    spatial,
    beta,
  )
}
