import { type Conv2dGeometry } from '../../ts/kernels/conv2d.js'
import { type Kernels, UpdateHyper, UpdateKind, type View } from '../../ts/kernels/kernels.js'
import type { Pad2dGeometry } from '../../ts/kernels/pad2d.js'
import type { Pool2dGeometry } from '../../ts/kernels/pool2d.js'
import { asView } from './op-case.js'
import type { OpName } from './every-op/index.js'

/** Memory of 64 elements for every operand: who reaches further is refused. */
const elements = 64
const f = (): View => asView(new Float32Array(elements))
const d = (): View => asView(new Float64Array(elements))
const i = (): View => asView(new Int32Array(elements))
const b = (): View => asView(new Uint8Array(elements))
const slots = (n: number) => [
  { parameter: { ...f(), length: n }, gradient: { ...f(), length: n }, index: 0, stateOffset: 0 },
]

/** An operation by its sizes. */
interface Sized {
  /** How many sizes it has. */
  readonly count: number
  readonly run: (k: Kernels, ...sizes: number[]) => void
}

const sized = (count: number, run: Sized['run']): Sized => ({ count, run })

const conv = (sizes: number[]): Conv2dGeometry => {
  const [batch, inChannels, inHeight, inWidth, outChannels, outHeight, outWidth] = sizes
  const [kernelHeight, kernelWidth, padTop, groups] = sizes.slice(7)
  return {
    ...{ batch, inChannels, inHeight, inWidth, outChannels, outHeight, outWidth },
    ...{ kernelHeight, kernelWidth, padTop, padLeft: 0, groups },
    ...{ strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1 },
  } as Conv2dGeometry
}

const pool = (sizes: number[]): Pool2dGeometry => {
  const [planes, inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth] = sizes
  const [padTop, padLeft] = sizes.slice(7)
  const window = { kernelHeight, kernelWidth, padTop, padLeft }
  return {
    ...{ planes, inHeight, inWidth, outHeight, outWidth },
    ...Object.fromEntries(Object.entries(window).map(([name, size]) => [name, Math.min(size!, 3)])),
    ...{ strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1 },
  } as Pool2dGeometry
}

const pad = (sizes: number[]): Pad2dGeometry => {
  const [planes, inHeight, inWidth, padTop, padBottom, padLeft, padRight] = sizes
  return { planes, inHeight, inWidth, padTop, padBottom, padLeft, padRight } as Pad2dGeometry
}

/** Every operation; a new one that is not here does not compile. */
export const sweep: Record<OpName, Sized> = {
  matmul: sized(5, (k, m, n, depth, a, c) => {
    k.matmul(f(), f(), f(), m, n, depth, { transposeA: a > 0, transposeB: c > 0, bias: f() })
  }),
  activation: sized(1, (k, n) => {
    k.activation(2, f(), f(), n, 0)
  }),
  activationGradient: sized(1, (k, n) => {
    k.activationGradient(2, f(), f(), f(), f(), n, 0)
  }),
  unary: sized(1, (k, n) => {
    k.unary(0, f(), f(), n)
  }),
  binary: sized(3, (k, how, rows, cols) => {
    k.binary(0, Math.min(how, 3) as 0, f(), f(), f(), rows, cols)
  }),
  affine: sized(1, (k, n) => {
    k.affine(f(), f(), n, 1, 1)
  }),
  axpby: sized(1, (k, n) => {
    k.axpby(f(), f(), n, 1, 1)
  }),
  softmax: sized(3, (k, o, n, s) => {
    k.softmax(f(), f(), o, n, s, false)
  }),
  softmaxGradient: sized(3, (k, o, n, s) => {
    k.softmaxGradient(f(), f(), f(), o, n, s, false)
  }),
  reduce: sized(4, (k, o, n, s, kind) => {
    k.reduce(Math.min(kind, 3) as 0, f(), f(), o, n, s, 0)
  }),
  argmax: sized(3, (k, o, n, s) => {
    k.argmax(f(), i(), o, n, s)
  }),
  crossEntropy: sized(4, (k, o, n, s, r) => {
    k.crossEntropy(f(), i(), f(), f(), f(), o, n, s, Math.min(r, 2) as 0, -1, 0.1)
  }),
  crossEntropyGradient: sized(3, (k, o, n, s) => {
    k.crossEntropyGradient(f(), i(), f(), f(), f(), o, n, s, -1, 0.1)
  }),
  nll: sized(4, (k, o, n, s, r) => {
    k.nll(f(), i(), f(), f(), f(), o, n, s, Math.min(r, 2) as 0, -1)
  }),
  nllGradient: sized(3, (k, o, n, s) => {
    k.nllGradient(i(), f(), f(), f(), o, n, s, -1)
  }),
  pointwiseLoss: sized(2, (k, n, each) => {
    k.pointwiseLoss(0, f(), f(), null, null, f(), n, 1, each > 0, 1)
  }),
  pointwiseLossGradient: sized(1, (k, n) => {
    k.pointwiseLossGradient(0, f(), f(), null, null, f(), n, 1, 1)
  }),
  updateStep: sized(2, (k, n, length) => {
    k.updateStep(
      UpdateKind.nadam,
      asView(new Float64Array(UpdateHyper.length)),
      d(),
      d(),
      f(),
      length,
      slots(n),
    )
  }),
  gradNorm: sized(1, (k, n) => {
    k.gradNorm(d(), 2, slots(n))
  }),
  clipGradients: sized(1, (k, n) => {
    k.clipGradients(d(), 1, slots(n))
  }),
  gatherRows: sized(3, (k, srcRows, rows, cols) => {
    k.gatherRows(f(), i(), f(), srcRows, rows, cols, 1, 0)
  }),
  embeddingGradient: sized(3, (k, rows, cols, count) => {
    k.embeddingGradient(f(), i(), f(), rows, cols, count, -1, 0)
  }),
  fill: sized(1, (k, n) => {
    k.fill(f(), n, 1)
  }),
  copy: sized(1, (k, n) => {
    k.copy(f(), f(), n)
  }),
  copyBlocks: sized(4, (k, count, size, offset, stride) => {
    k.copyBlocks(f(), f(), count, size, offset, stride, 0, stride)
  }),
  cast: sized(1, (k, n) => {
    k.cast(f(), d(), n, 1, 0)
  }),
  transpose: sized(2, (k, rows, cols) => {
    k.transpose(f(), f(), rows, cols)
  }),
  uniform: sized(1, (k, n) => {
    k.uniform(i(), f(), n, 0, 1)
  }),
  normal: sized(1, (k, n) => {
    k.normal(i(), f(), n, 0, 1)
  }),
  bernoulli: sized(1, (k, n) => {
    k.bernoulli(i(), f(), n, 0.5, 1)
  }),
  permutation: sized(1, (k, n) => {
    k.permutation(i(), i(), n)
  }),
  augment: sized(6, (k, samples, channels, inHeight, inWidth, outHeight, outWidth) => {
    const geometry = { samples, channels, inHeight, inWidth, outHeight, outWidth }
    k.augment(i(), f(), i(), f(), geometry, {
      ...{ padHeight: 1, padWidth: 1, flip: 0.5, erase: 0.5, area: [0.1, 0.5], ratio: [0.5, 2] },
      ...{ fill: 0, value: 0 },
    })
  }),
  augmentGradient: sized(6, (k, samples, channels, inHeight, inWidth, outHeight, outWidth) => {
    const geometry = { samples, channels, inHeight, inWidth, outHeight, outWidth }
    k.augmentGradient(i(), f(), f(), geometry)
  }),
  dropout: sized(2, (k, n, inner) => {
    k.dropout(i(), f(), b(), f(), n, inner, 0.5, 2)
  }),
  dropoutGradient: sized(2, (k, n, inner) => {
    k.dropoutGradient(b(), f(), f(), n, inner, 2)
  }),
  batchNorm: sized(3, (k, n, c, s) => {
    k.batchNorm(f(), f(), f(), f(), f(), i(), f(), f(), f(), n, c, s, 1e-5, 0.1, 0, 0)
  }),
  batchNormInference: sized(3, (k, n, c, s) => {
    k.batchNormInference(f(), f(), f(), f(), f(), f(), f(), f(), n, c, s, 1e-5, 0, 0)
  }),
  batchNormSums: sized(3, (k, n, c, s) => {
    k.batchNormSums(f(), f(), f(), f(), d(), f(), f(), n, c, s, 0, 0)
  }),
  batchNormGradient: sized(3, (k, n, c, s) => {
    k.batchNormGradient(f(), f(), f(), f(), f(), d(), f(), n, c, s)
  }),
  layerNorm: sized(2, (k, rows, cols) => {
    k.layerNorm(f(), f(), f(), f(), f(), f(), rows, cols, 1e-5)
  }),
  layerNormGradient: sized(2, (k, rows, cols) => {
    k.layerNormGradient(f(), f(), f(), f(), f(), f(), rows, cols)
  }),
  layerNormAffineGradient: sized(2, (k, rows, cols) => {
    k.layerNormAffineGradient(f(), f(), f(), f(), f(), f(), rows, cols, 0, 0)
  }),
  groupNorm: sized(4, (k, n, c, s, g) => {
    k.groupNorm(f(), f(), f(), f(), f(), f(), n, c, s, g, 1e-5)
  }),
  groupNormSums: sized(4, (k, n, c, s, g) => {
    k.groupNormSums(f(), f(), f(), f(), d(), f(), f(), n, c, s, g, 0, 0)
  }),
  groupNormGradient: sized(4, (k, n, c, s, g) => {
    k.groupNormGradient(f(), f(), f(), f(), f(), d(), f(), n, c, s, g)
  }),
  conv2d: sized(12, (k, a, ...sizes) => {
    k.conv2d(f(), f(), f(), f(), conv(sizes), 0, 0, Math.min(a, 4) as 0)
  }),
  conv2dInputGradient: sized(12, (k, a, ...sizes) => {
    k.conv2dInputGradient(f(), f(), f(), f(), conv(sizes), Math.min(a, 4) as 0)
  }),
  conv2dWeightGradient: sized(12, (k, a, ...sizes) => {
    k.conv2dWeightGradient(f(), f(), f(), conv(sizes), 0, Math.min(a, 4) as 0)
  }),
  xnorConv2d: sized(11, (k, ...sizes) => {
    k.xnorConv2d(i(), i(), f(), f(), conv(sizes))
  }),
  channelSum: sized(3, (k, n, c, s) => {
    k.channelSum(f(), f(), n, c, s, 0)
  }),
  packSigns: sized(3, (k, o, n, s) => {
    k.packSigns(f(), i(), o, n, s)
  }),
  xnorMatmul: sized(3, (k, m, n, depth) => {
    k.xnorMatmul(i(), i(), f(), f(), m, n, depth)
  }),
  maxPool2d: sized(9, (k, ...sizes) => {
    k.maxPool2d(f(), f(), i(), pool(sizes))
  }),
  maxPool2dGradient: sized(9, (k, ...sizes) => {
    k.maxPool2dGradient(f(), i(), f(), pool(sizes))
  }),
  avgPool2d: sized(9, (k, ...sizes) => {
    k.avgPool2d(f(), f(), pool(sizes), true, 0)
  }),
  avgPool2dGradient: sized(9, (k, ...sizes) => {
    k.avgPool2dGradient(f(), f(), pool(sizes), true, 0)
  }),
  adaptiveAvgPool2d: sized(5, (k, planes, ih, iw, oh, ow) => {
    k.adaptiveAvgPool2d(f(), f(), planes, ih, iw, oh, ow)
  }),
  adaptiveAvgPool2dGradient: sized(5, (k, planes, ih, iw, oh, ow) => {
    k.adaptiveAvgPool2dGradient(f(), f(), planes, ih, iw, oh, ow)
  }),
  pad2d: sized(8, (k, mode, ...sizes) => {
    k.pad2d(f(), f(), pad(sizes), Math.min(mode, 3) as 0, 0)
  }),
  pad2dGradient: sized(8, (k, mode, ...sizes) => {
    k.pad2dGradient(f(), f(), pad(sizes), Math.min(mode, 3) as 0)
  }),
  upsample2d: sized(6, (k, mode, planes, inHeight, inWidth, outHeight, outWidth) => {
    k.upsample2d(f(), f(), {
      ...{ mode: mode > 0 ? 1 : 0, planes: planes, inHeight: inHeight, inWidth: inWidth },
      ...{ outHeight: outHeight, outWidth: outWidth, scaleHeight: 0, scaleWidth: 0 },
      alignCorners: false,
    })
  }),
  upsample2dGradient: sized(6, (k, mode, planes, inHeight, inWidth, outHeight, outWidth) => {
    k.upsample2dGradient(f(), f(), {
      ...{ mode: mode > 0 ? 1 : 0, planes: planes, inHeight: inHeight, inWidth: inWidth },
      ...{ outHeight: outHeight, outWidth: outWidth, scaleHeight: 0, scaleWidth: 0 },
      alignCorners: false,
    })
  }),
}
