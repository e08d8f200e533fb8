import { erasing } from '../../ts/kernels/augment.js'
import type { AttentionShape } from '../../ts/kernels/attention.js'
import { type Conv2dGeometry } from '../../ts/kernels/conv2d.js'
import { type Kernels, UpdateHyper, UpdateKind, type View } from '../../ts/kernels/kernels.js'
import type { Pad2dGeometry } from '../../ts/kernels/pad2d.js'
import type { Pool2dGeometry } from '../../ts/kernels/pool2d.js'
import { stridedGeometryOf } from '../../ts/kernels/strided.js'
import { asView } from './op-case.js'
import type { OpName } from './every-op/index.js'

/** Heads one behind the other, those of k and v shared by all. */
function attend(sizes: number[]): AttentionShape {
  const [batch, heads, rows, keys, width, valueWidth, past, before, after] = sizes as [
    number, number, number, number, number, number, number, number, number,
  ] // prettier-ignore
  return {
    ...{ batch, heads, kvHeads: 1, rows, keys, width, valueWidth, past },
    ...{ qBatch: heads * rows * width, qHead: rows * width, qRow: width },
    ...{ kBatch: keys * width, kHead: 0, kRow: width },
    ...{ vBatch: keys * valueWidth, vHead: 0, vRow: valueWidth },
    ...{ outBatch: heads * rows * valueWidth, outHead: rows * valueWidth, outRow: valueWidth },
    ...{ maskBatch: 0, maskHead: 0, maskRow: keys, paddingBatch: keys, before, after },
  }
}

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
    k.matmul({
      a: f(),
      b: f(),
      out: f(),
      m,
      n,
      k: depth,
      transposeA: a > 0,
      transposeB: c > 0,
      bias: f(),
    })
  }),
  batchMatmul: sized(8, (k, outer, inner, m, n, depth, step, row, a) => {
    k.batchMatmul({
      a: f(),
      b: f(),
      out: f(),
      shape: {
        ...{ outer, inner, m, n, k: depth },
        ...{ aOuter: step, aInner: 0, aRow: row },
        ...{ bOuter: 0, bInner: step, bRow: row },
        ...{ outOuter: inner * m * n, outInner: m * n, outRow: Math.max(n, row) },
      },
      transposeA: a > 0,
      transposeB: a > 1,
    })
  }),
  attention: sized(9, (k, ...sizes) => {
    k.attention({
      ...{ q: f(), k: f(), v: f(), mask: f(), padding: b(), state: i(), logSum: f(), out: f() },
      ...{ shape: attend(sizes), scale: 1, causal: true, blocked: false, p: 0.5 },
    })
  }),
  attentionGradient: sized(10, (k, ...sizes) => {
    k.attentionGradient({
      ...{ q: f(), k: f(), v: f(), mask: f(), padding: b(), state: i(), logSum: f(), out: f() },
      ...{ gradOut: f(), gradQ: f(), gradK: f(), gradV: null, shape: attend(sizes) },
      ...{ qOffset: 0, kOffset: 0, vOffset: sizes[9]! },
      ...{ byQ: true, byK: true, byV: true },
      ...{ scale: 1, causal: true, blocked: false, p: 0.5 },
    })
  }),
  activation: sized(1, (k, n) => {
    k.activation({ kind: 2, x: f(), y: f(), n, parameter: 0 })
  }),
  activationGradient: sized(1, (k, n) => {
    k.activationGradient({ kind: 2, x: f(), y: f(), gradY: f(), gradX: f(), n, parameter: 0 })
  }),
  allReduce: sized(1, (k, n) => {
    k.allReduce({ x: f(), n })
  }),
  allReduceStart: sized(1, (k, n) => {
    k.allReduceStart({ x: f(), n })
  }),
  allReduceWait: sized(1, (k, n) => {
    k.allReduceWait({ x: f(), n })
  }),
  unary: sized(1, (k, n) => {
    k.unary({ kind: 0, x: f(), y: f(), n })
  }),
  binary: sized(3, (k, how, rows, cols) => {
    k.binary({ kind: 0, broadcast: Math.min(how, 3) as 0, a: f(), b: f(), out: f(), rows, cols })
  }),
  compare: sized(3, (k, how, rows, cols) => {
    k.compare({ kind: 0, broadcast: Math.min(how, 3) as 0, a: f(), b: f(), out: b(), rows, cols })
  }),
  where: sized(1, (k, n) => {
    k.where({ mask: b(), a: f(), b: f(), out: f(), n, aSingle: false, bSingle: true })
  }),
  affine: sized(1, (k, n) => {
    k.affine({ x: f(), y: f(), n, scale: 1, shift: 1 })
  }),
  axpby: sized(1, (k, n) => {
    k.axpby({ x: f(), y: f(), n, alpha: 1, beta: 1 })
  }),
  softmax: sized(3, (k, o, n, s) => {
    k.softmax({ x: f(), y: f(), outer: o, n, inner: s, log: false })
  }),
  softmaxGradient: sized(3, (k, o, n, s) => {
    k.softmaxGradient({ y: f(), gradY: f(), gradX: f(), outer: o, n, inner: s, log: false })
  }),
  reduce: sized(4, (k, o, n, s, kind) => {
    k.reduce({ kind: Math.min(kind, 4) as 0, x: f(), out: f(), outer: o, n, inner: s, beta: 0 })
  }),
  argmax: sized(4, (k, o, n, s, which) => {
    k.argmax({ x: f(), out: i(), outer: o, n, inner: s, smallest: which > 0 })
  }),
  scan: sized(5, (k, o, n, s, kind, how) => {
    const direction = { reverse: how > 0, exclusive: how > 1 }
    k.scan({ kind: kind > 0 ? 4 : 0, x: f(), y: f(), outer: o, n, inner: s, ...direction })
  }),
  recurrent: sized(7, (k, steps, rows, hidden, size, outputStep, outputRow, kind) => {
    const projects = kind > 2
    k.recurrent({
      kind: projects ? 2 : (Math.min(kind, 1) as 0),
      gates: f(),
      weight: f(),
      bias: f(),
      project: projects ? f() : null,
      firstH: f(),
      firstC: f(),
      lengths: null,
      states: f(),
      inner: f(),
      raw: f(),
      output: f(),
      lastH: f(),
      lastC: f(),
      ...{ steps, rows, hidden, size, outputStep, outputRow, reverse: false },
    })
  }),
  recurrentGradient: sized(6, (k, steps, rows, hidden, size, outputStep, outputRow) => {
    k.recurrentGradient({
      kind: 3,
      gates: f(),
      weight: f(),
      project: null,
      lengths: null,
      states: f(),
      inner: f(),
      gradOutput: f(),
      gradLastH: f(),
      gradLastC: null,
      gradGates: f(),
      gradHidden: f(),
      gradStates: null,
      gradFirstH: f(),
      gradFirstC: null,
      ...{ steps, rows, hidden, size, outputStep, outputRow, reverse: true },
    })
  }),
  copySteps: sized(7, (k, steps, rows, cols, xStep, xRow, outStep, outRow) => {
    k.copySteps({
      x: f(),
      lengths: null,
      out: f(),
      ...{ steps, rows, cols, xStep, xRow, outStep, outRow },
    })
  }),
  crossEntropy: sized(4, (k, o, n, s, r) => {
    k.crossEntropy({
      logits: f(),
      target: i(),
      weight: f(),
      loss: f(),
      divisor: f(),
      outer: o,
      classes: n,
      inner: s,
      reduction: Math.min(r, 2) as 0,
      ignoreIndex: -1,
      labelSmoothing: 0.1,
    })
  }),
  crossEntropyGradient: sized(3, (k, o, n, s) => {
    k.crossEntropyGradient({
      logits: f(),
      target: i(),
      weight: f(),
      divisor: f(),
      gradLogits: f(),
      outer: o,
      classes: n,
      inner: s,
      ignoreIndex: -1,
      labelSmoothing: 0.1,
    })
  }),
  ctc: sized(5, (k, steps, rows, classes, labels, blank) => {
    k.ctc({
      ...{ logProbs: f(), targets: i(), inputLengths: i(), targetLengths: i() },
      ...{ loss: f(), lattice: d(), likelihood: d() },
      ...{ steps, rows, classes, labels, blank, concatenated: false, zeroInfinity: false },
    })
  }),
  ctcGradient: sized(5, (k, steps, rows, classes, labels, blank) => {
    k.ctcGradient({
      ...{ logProbs: f(), targets: i(), inputLengths: i(), targetLengths: i() },
      ...{ lattice: d(), likelihood: d(), gradLoss: f(), grad: f() },
      ...{ steps, rows, classes, labels, blank, concatenated: false, zeroInfinity: false },
    })
  }),
  nll: sized(4, (k, o, n, s, r) => {
    k.nll({
      logProbabilities: f(),
      target: i(),
      weight: f(),
      loss: f(),
      divisor: f(),
      outer: o,
      classes: n,
      inner: s,
      reduction: Math.min(r, 2) as 0,
      ignoreIndex: -1,
    })
  }),
  nllGradient: sized(3, (k, o, n, s) => {
    k.nllGradient({
      target: i(),
      weight: f(),
      divisor: f(),
      grad: f(),
      outer: o,
      classes: n,
      inner: s,
      ignoreIndex: -1,
    })
  }),
  pointwiseLoss: sized(2, (k, n, each) => {
    k.pointwiseLoss({
      kind: 0,
      x: f(),
      y: f(),
      weight: null,
      positive: null,
      loss: f(),
      n,
      parameter: 1,
      eachElement: each > 0,
      divisor: 1,
    })
  }),
  pointwiseLossGradient: sized(1, (k, n) => {
    k.pointwiseLossGradient({
      kind: 0,
      x: f(),
      y: f(),
      weight: null,
      positive: null,
      gradX: f(),
      n,
      parameter: 1,
      scale: 1,
    })
  }),
  updateStep: sized(2, (k, n, length) => {
    k.updateStep({
      kind: UpdateKind.nadam,
      hyper: asView(new Float64Array(UpdateHyper.length)),
      steps: d(),
      products: d(),
      state: f(),
      stateLength: length,
      slots: slots(n),
    })
  }),
  gradNorm: sized(1, (k, n) => {
    k.gradNorm({ out: d(), p: 2, slots: slots(n) })
  }),
  clipGradients: sized(1, (k, n) => {
    k.clipGradients({ norm: d(), maxNorm: 1, slots: slots(n) })
  }),
  gather: sized(4, (k, srcRows, rows, cols, outer) => {
    k.gather({ src: f(), index: i(), out: f(), srcRows, rows, cols, outer, each: true })
  }),
  scatter: sized(4, (k, rows, cols, count, outer) => {
    k.scatter({ src: f(), index: i(), out: f(), rows, cols, count, beta: 0, outer })
  }),
  sort: sized(3, (k, outer, n, inner) => {
    k.sort({ x: f(), values: f(), indices: i(), outer, n, inner, k: n, descending: false })
  }),
  triangle: sized(3, (k, batch, rows, cols) => {
    k.triangle({ x: f(), out: f(), batch, rows, cols, diagonal: 0, upper: false })
  }),
  randint: sized(4, (k, n, runs, before, after) => {
    k.randint({ state: i(), y: i(), n, low: 0, high: 9, runs, before, after })
  }),
  bernoulliEach: sized(4, (k, n, runs, before, after) => {
    k.bernoulliEach({ state: i(), x: f(), y: f(), n, runs, before, after })
  }),
  multinomial: sized(5, (k, rows, categories, samples, before, after) => {
    const x = asView(new Float32Array(elements).fill(1))
    const sizes = { rows, categories, samples, before, after }
    k.multinomial({ state: i(), x, y: i(), replacement: true, ...sizes })
  }),
  fill: sized(1, (k, n) => {
    k.fill({ y: f(), n, value: 1 })
  }),
  copy: sized(1, (k, n) => {
    k.copy({ x: f(), y: f(), n })
  }),
  copyStrided: sized(4, (k, outer, inner, stride, offset) => {
    k.copyStrided({
      x: f(),
      out: f(),
      geometry: stridedGeometryOf([inner, outer], [1, stride], [1, stride], offset, 0),
    })
  }),
  cast: sized(1, (k, n) => {
    k.cast({ x: f(), y: d(), n, scale: 1, shift: 0 })
  }),
  uniform: sized(4, (k, n, runs, before, after) => {
    k.uniform({ state: i(), y: f(), n, low: 0, high: 1, runs, before, after })
  }),
  normal: sized(4, (k, n, runs, before, after) => {
    k.normal({ state: i(), y: f(), n, mean: 0, std: 1, runs, before, after })
  }),
  bernoulli: sized(1, (k, n) => {
    k.bernoulli({ state: i(), y: f(), n, p: 0.5, value: 1 })
  }),
  permutation: sized(1, (k, n) => {
    k.permutation({ state: i(), y: i(), n })
  }),
  augment: sized(8, (k, samples, channels, inHeight, inWidth, outHeight, outWidth, ...rest) => {
    const geometry = { samples, channels, inHeight, inWidth, outHeight, outWidth }
    const [before, after] = rest as [number, number]
    k.augment({
      ...{ state: i(), x: f(), drawn: i(), out: f(), geometry },
      ...{ padHeight: 1, padWidth: 1, flip: 0.5, erase: 0.5, fill: 0, value: 0 },
      ...{ ...erasing([0.1, 0.5], [0.5, 2]), before, after },
    })
  }),
  augmentGradient: sized(6, (k, samples, channels, inHeight, inWidth, outHeight, outWidth) => {
    const geometry = { samples, channels, inHeight, inWidth, outHeight, outWidth }
    k.augmentGradient({ drawn: i(), gradOut: f(), gradX: f(), geometry })
  }),
  dropout: sized(5, (k, n, inner, runs, before, after) => {
    const place = { runs, before, after }
    k.dropout({ state: i(), x: f(), mask: b(), out: f(), n, inner, p: 0.5, scale: 2, ...place })
  }),
  dropoutGradient: sized(2, (k, n, inner) => {
    k.dropoutGradient({ mask: b(), gradOut: f(), gradX: f(), n, inner, scale: 2 })
  }),
  batchNorm: sized(3, (k, n, c, s) => {
    k.batchNorm({
      x: f(),
      weight: f(),
      bias: f(),
      runningMean: f(),
      runningVar: f(),
      batches: i(),
      mean: f(),
      inverseStd: f(),
      out: f(),
      batch: n,
      channels: c,
      spatial: s,
      eps: 1e-5,
      momentum: 0.1,
      activation: 0,
      parameter: 0,
    })
  }),
  batchNormStatistics: sized(3, (k, n, c, s) => {
    k.batchNormStatistics({
      x: f(),
      runningMean: f(),
      runningVar: f(),
      batches: i(),
      mean: f(),
      inverseStd: f(),
      share: d(),
      batch: n,
      channels: c,
      spatial: s,
      eps: 1e-5,
      momentum: 0.1,
      counted: true,
    })
  }),
  batchNormInference: sized(3, (k, n, c, s) => {
    k.batchNormInference({
      x: f(),
      weight: f(),
      bias: f(),
      runningMean: f(),
      runningVar: f(),
      mean: f(),
      inverseStd: f(),
      out: f(),
      batch: n,
      channels: c,
      spatial: s,
      eps: 1e-5,
      activation: 0,
      parameter: 0,
    })
  }),
  batchNormSums: sized(3, (k, n, c, s) => {
    k.batchNormSums({
      x: f(),
      gradOut: f(),
      mean: f(),
      inverseStd: f(),
      sums: d(),
      gradWeight: f(),
      gradBias: f(),
      batch: n,
      channels: c,
      spatial: s,
      weightBeta: 0,
      biasBeta: 0,
    })
  }),
  batchNormGradient: sized(3, (k, n, c, s) => {
    k.batchNormGradient({
      x: f(),
      gradOut: f(),
      weight: f(),
      mean: f(),
      inverseStd: f(),
      sums: d(),
      gradX: f(),
      batch: n,
      channels: c,
      spatial: s,
    })
  }),
  layerNorm: sized(2, (k, rows, cols) => {
    k.layerNorm({
      x: f(),
      weight: f(),
      bias: f(),
      mean: f(),
      inverseStd: f(),
      out: f(),
      rows,
      cols,
      eps: 1e-5,
    })
  }),
  layerNormGradient: sized(2, (k, rows, cols) => {
    k.layerNormGradient({
      x: f(),
      gradOut: f(),
      weight: f(),
      mean: f(),
      inverseStd: f(),
      gradX: f(),
      rows,
      cols,
    })
  }),
  layerNormAffineGradient: sized(2, (k, rows, cols) => {
    k.layerNormAffineGradient({
      x: f(),
      gradOut: f(),
      mean: f(),
      inverseStd: f(),
      gradWeight: f(),
      gradBias: f(),
      rows,
      cols,
      weightBeta: 0,
      biasBeta: 0,
    })
  }),
  groupNorm: sized(4, (k, n, c, s, g) => {
    k.groupNorm({
      x: f(),
      weight: f(),
      bias: f(),
      mean: f(),
      inverseStd: f(),
      out: f(),
      batch: n,
      channels: c,
      spatial: s,
      groups: g,
      eps: 1e-5,
    })
  }),
  groupNormSums: sized(4, (k, n, c, s, g) => {
    k.groupNormSums({
      x: f(),
      gradOut: f(),
      mean: f(),
      inverseStd: f(),
      sums: d(),
      gradWeight: f(),
      gradBias: f(),
      batch: n,
      channels: c,
      spatial: s,
      groups: g,
      weightBeta: 0,
      biasBeta: 0,
    })
  }),
  groupNormGradient: sized(4, (k, n, c, s, g) => {
    k.groupNormGradient({
      x: f(),
      gradOut: f(),
      weight: f(),
      mean: f(),
      inverseStd: f(),
      sums: d(),
      gradX: f(),
      batch: n,
      channels: c,
      spatial: s,
      groups: g,
    })
  }),
  conv2d: sized(12, (k, a, ...sizes) => {
    k.conv2d({
      x: f(),
      weight: f(),
      bias: f(),
      out: f(),
      geometry: conv(sizes),
      activation: 0,
      parameter: 0,
      algorithm: Math.min(a, 4) as 0,
    })
  }),
  conv2dInputGradient: sized(12, (k, a, ...sizes) => {
    k.conv2dInputGradient({
      gradOut: f(),
      weight: f(),
      bias: f(),
      gradX: f(),
      geometry: conv(sizes),
      algorithm: Math.min(a, 4) as 0,
    })
  }),
  conv2dWeightGradient: sized(12, (k, a, ...sizes) => {
    k.conv2dWeightGradient({
      x: f(),
      gradOut: f(),
      gradWeight: f(),
      geometry: conv(sizes),
      beta: 0,
      algorithm: Math.min(a, 4) as 0,
    })
  }),
  xnorConv2d: sized(11, (k, ...sizes) => {
    k.xnorConv2d({ x: i(), weight: i(), bias: f(), out: f(), geometry: conv(sizes) })
  }),
  channelSum: sized(3, (k, n, c, s) => {
    k.channelSum({ x: f(), out: f(), batch: n, channels: c, spatial: s, beta: 0 })
  }),
  packSigns: sized(3, (k, o, n, s) => {
    k.packSigns({ x: f(), words: i(), outer: o, n, inner: s })
  }),
  xnorMatmul: sized(3, (k, m, n, depth) => {
    k.xnorMatmul({ a: i(), b: i(), bias: f(), out: f(), m, n, k: depth })
  }),
  maxPool2d: sized(9, (k, ...sizes) => {
    k.maxPool2d({ x: f(), out: f(), index: i(), geometry: pool(sizes) })
  }),
  maxPool2dGradient: sized(9, (k, ...sizes) => {
    k.maxPool2dGradient({ gradOut: f(), index: i(), gradX: f(), geometry: pool(sizes) })
  }),
  avgPool2d: sized(9, (k, ...sizes) => {
    k.avgPool2d({
      x: f(),
      out: f(),
      geometry: pool(sizes),
      countIncludePad: true,
      divisorOverride: 0,
    })
  }),
  avgPool2dGradient: sized(9, (k, ...sizes) => {
    k.avgPool2dGradient({
      gradOut: f(),
      gradX: f(),
      geometry: pool(sizes),
      countIncludePad: true,
      divisorOverride: 0,
    })
  }),
  adaptiveAvgPool2d: sized(5, (k, planes, ih, iw, oh, ow) => {
    k.adaptiveAvgPool2d({
      x: f(),
      out: f(),
      planes,
      inHeight: ih,
      inWidth: iw,
      outHeight: oh,
      outWidth: ow,
    })
  }),
  adaptiveAvgPool2dGradient: sized(5, (k, planes, ih, iw, oh, ow) => {
    k.adaptiveAvgPool2dGradient({
      gradOut: f(),
      gradX: f(),
      planes,
      inHeight: ih,
      inWidth: iw,
      outHeight: oh,
      outWidth: ow,
    })
  }),
  pad2d: sized(8, (k, mode, ...sizes) => {
    k.pad2d({ x: f(), out: f(), geometry: pad(sizes), mode: Math.min(mode, 3) as 0, value: 0 })
  }),
  pad2dGradient: sized(8, (k, mode, ...sizes) => {
    k.pad2dGradient({
      gradOut: f(),
      gradX: f(),
      geometry: pad(sizes),
      mode: Math.min(mode, 3) as 0,
    })
  }),
  upsample2d: sized(6, (k, mode, planes, inHeight, inWidth, outHeight, outWidth) => {
    k.upsample2d({
      x: f(),
      out: f(),
      geometry: {
        ...{ mode: mode > 0 ? 1 : 0, planes: planes, inHeight: inHeight, inWidth: inWidth },
        ...{ outHeight: outHeight, outWidth: outWidth, scaleHeight: 0, scaleWidth: 0 },
        alignCorners: false,
      },
    })
  }),
  upsample2dGradient: sized(6, (k, mode, planes, inHeight, inWidth, outHeight, outWidth) => {
    k.upsample2dGradient({
      gradOut: f(),
      gradX: f(),
      geometry: {
        ...{ mode: mode > 0 ? 1 : 0, planes: planes, inHeight: inHeight, inWidth: inWidth },
        ...{ outHeight: outHeight, outWidth: outWidth, scaleHeight: 0, scaleWidth: 0 },
        alignCorners: false,
      },
    })
  }),
}
