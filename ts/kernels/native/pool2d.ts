import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import type { Pool2dGeometry } from '../pool2d.js'
import { addon } from './load.js'

/** The order of VisitPool2d in native/ops/pool2d.h. */
type Sizes = Parameters<
  (
    planes: number,
    inHeight: number,
    inWidth: number,
    outHeight: number,
    outWidth: number,
    kernelHeight: number,
    kernelWidth: number,
    strideHeight: number,
    strideWidth: number,
    padTop: number,
    padLeft: number,
    dilationHeight: number,
    dilationWidth: number,
  ) => void
>

const sizesOf = (g: Pool2dGeometry): Sizes => [
  g.planes,
  g.inHeight,
  g.inWidth,
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
]

export const maxPool2d: Kernels['maxPool2d'] = (x, out, index, geometry) => {
  addon().maxPool2d(
    dtypeCode[out.dtype],
    x.buffer,
    x.byteOffset,
    out.buffer,
    out.byteOffset,
    index.buffer,
    index.byteOffset,
    ...sizesOf(geometry),
  )
}

export const maxPool2dGradient: Kernels['maxPool2dGradient'] = (
  gradOut,
  index,
  gradX,
  geometry,
) => {
  addon().maxPool2dGradient(
    dtypeCode[gradX.dtype],
    gradOut.buffer,
    gradOut.byteOffset,
    index.buffer,
    index.byteOffset,
    gradX.buffer,
    gradX.byteOffset,
    ...sizesOf(geometry),
  )
}

export const avgPool2d: Kernels['avgPool2d'] = (
  x,
  out,
  geometry,
  countIncludePad,
  divisorOverride,
) => {
  addon().avgPool2d(
    dtypeCode[out.dtype],
    x.buffer,
    x.byteOffset,
    out.buffer,
    out.byteOffset,
    ...sizesOf(geometry),
    countIncludePad,
    divisorOverride,
  )
}

export const avgPool2dGradient: Kernels['avgPool2dGradient'] = (
  gradOut,
  gradX,
  geometry,
  countIncludePad,
  divisorOverride,
) => {
  addon().avgPool2dGradient(
    dtypeCode[gradX.dtype],
    gradOut.buffer,
    gradOut.byteOffset,
    gradX.buffer,
    gradX.byteOffset,
    ...sizesOf(geometry),
    countIncludePad,
    divisorOverride,
  )
}

export const adaptiveAvgPool2d: Kernels['adaptiveAvgPool2d'] = (
  x,
  out,
  planes,
  inHeight,
  inWidth,
  outHeight,
  outWidth,
) => {
  addon().adaptiveAvgPool2d(
    dtypeCode[out.dtype],
    x.buffer,
    x.byteOffset,
    out.buffer,
    out.byteOffset,
    planes,
    inHeight,
    inWidth,
    outHeight,
    outWidth,
  )
}

export const adaptiveAvgPool2dGradient: Kernels['adaptiveAvgPool2dGradient'] = (
  gradOut,
  gradX,
  planes,
  inHeight,
  inWidth,
  outHeight,
  outWidth,
) => {
  addon().adaptiveAvgPool2dGradient(
    dtypeCode[gradX.dtype],
    gradOut.buffer,
    gradOut.byteOffset,
    gradX.buffer,
    gradX.byteOffset,
    planes,
    inHeight,
    inWidth,
    outHeight,
    outWidth,
  )
}
