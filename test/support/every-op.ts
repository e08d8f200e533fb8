import { Conv2dAlgorithm, type Conv2dGeometry } from '../../ts/kernels/conv2d.js'
import {
  ActivationKind,
  AdamHyper,
  BinaryKind,
  Broadcast,
  type Kernels,
  ReduceKind,
  Reduction,
  SgdHyper,
  UnaryKind,
  type View,
} from '../../ts/kernels/kernels.js'
import { PointwiseLossKind } from '../../ts/kernels/pointwise-loss.js'
import type { TypedArray } from '../../ts/tensor/dtype.js'
import { bell, whole } from './samples.js'

export type OpName = Exclude<keyof Kernels, 'name'>

/** A valid call in which every operand is needed. */
export interface OpCall {
  /** Fresh operands at each call. The last of them is written. */
  readonly operands: () => Record<string, TypedArray>
  readonly run: (kernels: Kernels, views: Readonly<Record<string, View>>) => void
}

type Views = Readonly<Record<string, View>>

const n = 37
const [rows, cols] = [5, 7]
const values = (count: number, seed: number): TypedArray => bell('float32', count, seed)
const seed = (): TypedArray => Int32Array.of(1, 2, 3, 4)
const labels = (): TypedArray => whole('int32', rows, 3, 0, cols)

const v = (views: Views, name: string): View => {
  const view = views[name]
  if (!view) throw new Error(`no operand ${name}`)
  return view
}

const slots = (views: Views) => [
  { parameter: v(views, 'parameter'), gradient: v(views, 'gradient'), index: 0, stateOffset: 0 },
]

/** Operands of an optimizer step with these hyper-parameters. */
const step = (length: number, hyper: Record<number, number>, arrays: number) => () => ({
  hyper: Float64Array.from({ length }, (_, i) => hyper[i] ?? 0),
  steps: new Float64Array(1),
  state: new Float32Array(arrays * n),
  gradient: values(n, 1),
  parameter: values(n, 2),
})

/** A 2x3 kernel over 5x6 images of 2 channels. */
const geometry: Conv2dGeometry = {
  ...{ batch: 3, inChannels: 2, inHeight: 5, inWidth: 6 },
  ...{ outChannels: 4, outHeight: 4, outWidth: 5, kernelHeight: 2, kernelWidth: 3 },
  ...{ strideHeight: 1, strideWidth: 1, padTop: 0, padLeft: 1 },
  ...{ dilationHeight: 1, dilationWidth: 1, groups: 1 },
}

/** 3 planes of 5 x 7, windows of 3 x 2 in steps of 2. */
const pooling = {
  planes: 3, inHeight: 5, inWidth: 7, outHeight: 2, outWidth: 3, kernelHeight: 3, kernelWidth: 2,
  strideHeight: 2, strideWidth: 2, padTop: 0, padLeft: 0, dilationHeight: 1, dilationWidth: 1,
} // prettier-ignore

/** One call of every operation; a new one without a line here does not compile. */
export const everyOp = {
  matmul: {
    operands: () => ({
      a: values(15, 1),
      b: values(21, 2),
      bias: values(7, 3),
      out: values(35, 4),
    }),
    run: (k, w) => {
      k.matmul(v(w, 'a'), v(w, 'b'), v(w, 'out'), 5, 7, 3, { bias: v(w, 'bias') })
    },
  },
  activation: {
    operands: () => ({ x: values(n, 1), y: values(n, 2) }),
    run: (k, w) => {
      k.activation(ActivationKind.relu, v(w, 'x'), v(w, 'y'), n, 0)
    },
  },
  activationGradient: {
    operands: () => ({
      x: values(n, 1),
      y: values(n, 2),
      gradY: values(n, 3),
      gradX: values(n, 4),
    }),
    run: (k, w) => {
      const kind = ActivationKind.tanh
      k.activationGradient(kind, v(w, 'x'), v(w, 'y'), v(w, 'gradY'), v(w, 'gradX'), n, 0)
    },
  },
  unary: {
    operands: () => ({ x: values(n, 1), y: values(n, 2) }),
    run: (k, w) => {
      k.unary(UnaryKind.exp, v(w, 'x'), v(w, 'y'), n)
    },
  },
  binary: {
    operands: () => ({ a: values(35, 1), b: values(7, 2), out: values(35, 3) }),
    run: (k, w) => {
      k.binary(BinaryKind.add, Broadcast.row, v(w, 'a'), v(w, 'b'), v(w, 'out'), rows, cols)
    },
  },
  affine: {
    operands: () => ({ x: values(n, 1), y: values(n, 2) }),
    run: (k, w) => {
      k.affine(v(w, 'x'), v(w, 'y'), n, 2, 1)
    },
  },
  axpby: {
    operands: () => ({ x: values(n, 1), y: values(n, 2) }),
    run: (k, w) => {
      k.axpby(v(w, 'x'), v(w, 'y'), n, 2, 1)
    },
  },
  softmax: {
    operands: () => ({ x: values(35, 1), y: values(35, 2) }),
    run: (k, w) => {
      k.softmax(v(w, 'x'), v(w, 'y'), rows, cols, 1, false)
    },
  },
  softmaxGradient: {
    operands: () => ({ y: values(35, 1), gradY: values(35, 2), gradX: values(35, 3) }),
    run: (k, w) => {
      k.softmaxGradient(v(w, 'y'), v(w, 'gradY'), v(w, 'gradX'), rows, cols, 1, false)
    },
  },
  reduce: {
    operands: () => ({ x: values(35, 1), out: values(7, 2) }),
    run: (k, w) => {
      k.reduce(ReduceKind.sum, v(w, 'x'), v(w, 'out'), 1, rows, cols, 0)
    },
  },
  argmax: {
    operands: () => ({ x: values(35, 1), out: whole('int32', 5, 2, 0, 9) }),
    run: (k, w) => {
      k.argmax(v(w, 'x'), v(w, 'out'), rows, cols, 1)
    },
  },
  conv2d: {
    operands: () => ({
      x: values(geometry.batch * 2 * 30, 1),
      weight: values(4 * 2 * 6, 2),
      bias: values(4, 3),
      out: values(geometry.batch * 4 * 20, 4),
    }),
    run: (k, w) => {
      const kind = ActivationKind.relu
      const auto = Conv2dAlgorithm.auto
      k.conv2d(v(w, 'x'), v(w, 'weight'), v(w, 'bias'), v(w, 'out'), geometry, kind, 0, auto)
    },
  },
  conv2dInputGradient: {
    operands: () => ({
      gradOut: values(geometry.batch * 4 * 20, 1),
      weight: values(4 * 2 * 6, 2),
      bias: values(2, 3),
      gradX: values(geometry.batch * 2 * 30, 4),
    }),
    run: (k, w) => {
      const auto = Conv2dAlgorithm.auto
      const bias = v(w, 'bias')
      k.conv2dInputGradient(v(w, 'gradOut'), v(w, 'weight'), bias, v(w, 'gradX'), geometry, auto)
    },
  },
  conv2dWeightGradient: {
    operands: () => ({
      x: values(geometry.batch * 2 * 30, 1),
      gradOut: values(geometry.batch * 4 * 20, 2),
      gradWeight: values(4 * 2 * 6, 3),
    }),
    run: (k, w) => {
      const auto = Conv2dAlgorithm.auto
      k.conv2dWeightGradient(v(w, 'x'), v(w, 'gradOut'), v(w, 'gradWeight'), geometry, 1, auto)
    },
  },
  channelSum: {
    operands: () => ({ x: values(2 * n * 3, 1), out: values(3, 2) }),
    run: (k, w) => {
      k.channelSum(v(w, 'x'), v(w, 'out'), 2, 3, n, 1)
    },
  },
  crossEntropy: {
    operands: () => ({
      logits: values(35, 1),
      target: labels(),
      weight: values(7, 2),
      divisor: values(1, 3),
      loss: values(5, 4),
    }),
    run: (k, w) => {
      k.crossEntropy(
        v(w, 'logits'), v(w, 'target'), v(w, 'weight'), v(w, 'loss'), v(w, 'divisor'), rows, cols,
        Reduction.none, -100, 0.1,
      ) // prettier-ignore
    },
  },
  crossEntropyGradient: {
    operands: () => ({
      logits: values(35, 1),
      target: labels(),
      weight: values(7, 2),
      divisor: values(1, 3),
      gradLogits: values(35, 4),
    }),
    run: (k, w) => {
      k.crossEntropyGradient(
        v(w, 'logits'), v(w, 'target'), v(w, 'weight'), v(w, 'divisor'), v(w, 'gradLogits'), rows,
        cols, -100, 0.1,
      ) // prettier-ignore
    },
  },
  embeddingGradient: {
    operands: () => ({
      gradOut: values(21, 1),
      index: whole('int32', 3, 2, 0, rows),
      gradWeight: values(35, 3),
    }),
    run: (k, w) => {
      k.embeddingGradient(v(w, 'gradOut'), v(w, 'index'), v(w, 'gradWeight'), 3, cols, rows, -1, 1)
    },
  },
  nll: {
    operands: () => ({
      logProbabilities: values(35, 1),
      target: labels(),
      weight: values(7, 2),
      divisor: values(1, 3),
      loss: values(5, 4),
    }),
    run: (k, w) => {
      k.nll(
        v(w, 'logProbabilities'), v(w, 'target'), v(w, 'weight'), v(w, 'loss'), v(w, 'divisor'),
        rows, cols, 1, Reduction.none, -100,
      ) // prettier-ignore
    },
  },
  nllGradient: {
    operands: () => ({
      target: labels(),
      weight: values(7, 2),
      divisor: values(1, 3),
      grad: values(35, 4),
    }),
    run: (k, w) => {
      k.nllGradient(
        v(w, 'target'), v(w, 'weight'), v(w, 'divisor'), v(w, 'grad'), rows, cols, 1, -100,
      ) // prettier-ignore
    },
  },
  pointwiseLoss: {
    operands: () => ({
      x: values(n, 1),
      y: values(n, 2),
      weight: values(n, 3),
      positive: values(n, 4),
      loss: values(1, 5),
    }),
    run: (k, w) => {
      k.pointwiseLoss(
        PointwiseLossKind.bceWithLogits, v(w, 'x'), v(w, 'y'), v(w, 'weight'), v(w, 'positive'),
        v(w, 'loss'), n, 0, false, n,
      ) // prettier-ignore
    },
  },
  pointwiseLossGradient: {
    operands: () => ({
      x: values(n, 1),
      y: values(n, 2),
      weight: values(n, 3),
      positive: values(n, 4),
      gradX: values(n, 5),
    }),
    run: (k, w) => {
      k.pointwiseLossGradient(
        PointwiseLossKind.bceWithLogits, v(w, 'x'), v(w, 'y'), v(w, 'weight'), v(w, 'positive'),
        v(w, 'gradX'), n, 0, 2,
      ) // prettier-ignore
    },
  },
  sgdStep: {
    operands: step(SgdHyper.length, { [SgdHyper.lr]: 0.1, [SgdHyper.momentum]: 0.9 }, 1),
    run: (k, w) => {
      k.sgdStep(v(w, 'hyper'), v(w, 'steps'), v(w, 'state'), slots(w))
    },
  },
  adamStep: {
    operands: step(AdamHyper.length, { [AdamHyper.lr]: 0.1, [AdamHyper.eps]: 1e-8 }, 2),
    run: (k, w) => {
      k.adamStep(v(w, 'hyper'), v(w, 'steps'), v(w, 'state'), n, slots(w))
    },
  },
  gradNorm: {
    operands: () => ({ parameter: values(n, 1), gradient: values(n, 2), out: new Float64Array(1) }),
    run: (k, w) => {
      k.gradNorm(v(w, 'out'), 2, slots(w))
    },
  },
  clipGradients: {
    operands: () => ({ norm: Float64Array.of(9), parameter: values(n, 1), gradient: values(n, 2) }),
    run: (k, w) => {
      k.clipGradients(v(w, 'norm'), 1, slots(w))
    },
  },
  gatherRows: {
    operands: () => ({
      src: values(35, 1),
      index: whole('int32', 3, 2, 0, rows),
      out: values(21, 3),
    }),
    run: (k, w) => {
      k.gatherRows(v(w, 'src'), v(w, 'index'), v(w, 'out'), rows, 3, cols, 1, 0)
    },
  },
  fill: {
    operands: () => ({ y: values(n, 1) }),
    run: (k, w) => {
      k.fill(v(w, 'y'), n, 3)
    },
  },
  copy: {
    operands: () => ({ x: values(n, 1), y: values(n, 2) }),
    run: (k, w) => {
      k.copy(v(w, 'x'), v(w, 'y'), n)
    },
  },
  cast: {
    operands: () => ({ x: values(n, 1), y: whole('int32', n, 2, 0, 9) }),
    run: (k, w) => {
      k.cast(v(w, 'x'), v(w, 'y'), n, 1, 0)
    },
  },
  transpose: {
    operands: () => ({ x: values(35, 1), out: values(35, 2) }),
    run: (k, w) => {
      k.transpose(v(w, 'x'), v(w, 'out'), rows, cols)
    },
  },
  uniform: {
    operands: () => ({ state: seed(), y: values(n, 1) }),
    run: (k, w) => {
      k.uniform(v(w, 'state'), v(w, 'y'), n, 0, 1)
    },
  },
  normal: {
    operands: () => ({ state: seed(), y: values(n, 1) }),
    run: (k, w) => {
      k.normal(v(w, 'state'), v(w, 'y'), n, 0, 1)
    },
  },
  bernoulli: {
    operands: () => ({ state: seed(), y: values(n, 1) }),
    run: (k, w) => {
      k.bernoulli(v(w, 'state'), v(w, 'y'), n, 0.5, 1)
    },
  },
  permutation: {
    operands: () => ({ state: seed(), y: whole('int32', n, 1, 0, 9) }),
    run: (k, w) => {
      k.permutation(v(w, 'state'), v(w, 'y'), n)
    },
  },
  dropout: {
    operands: () => ({
      state: seed(),
      x: values(35, 1),
      mask: whole('uint8', rows, 1, 0, 2),
      out: values(35, 2),
    }),
    run: (k, w) => {
      k.dropout(v(w, 'state'), v(w, 'x'), v(w, 'mask'), v(w, 'out'), rows, cols, 0.5, 2)
    },
  },
  dropoutGradient: {
    operands: () => ({
      mask: whole('uint8', rows, 1, 0, 2),
      gradOut: values(35, 1),
      gradX: values(35, 2),
    }),
    run: (k, w) => {
      k.dropoutGradient(v(w, 'mask'), v(w, 'gradOut'), v(w, 'gradX'), rows, cols, 2)
    },
  },
  batchNorm: {
    operands: () => ({
      x: values(30, 1),
      weight: values(3, 2),
      bias: values(3, 3),
      runningMean: values(3, 4),
      runningVar: values(3, 5),
      batches: Int32Array.of(3),
      mean: values(3, 6),
      inverseStd: values(3, 7),
      out: values(30, 8),
    }),
    run: (k, w) => {
      k.batchNorm(
        v(w, 'x'), v(w, 'weight'), v(w, 'bias'), v(w, 'runningMean'), v(w, 'runningVar'),
        v(w, 'batches'), v(w, 'mean'), v(w, 'inverseStd'), v(w, 'out'), 2, 3, 5, 1e-5, 0.1,
      ) // prettier-ignore
    },
  },
  batchNormInference: {
    operands: () => ({
      x: values(30, 1),
      weight: values(3, 2),
      bias: values(3, 3),
      runningMean: values(3, 4),
      runningVar: Float32Array.of(1, 2, 3),
      mean: values(3, 6),
      inverseStd: values(3, 7),
      out: values(30, 8),
    }),
    run: (k, w) => {
      k.batchNormInference(
        v(w, 'x'), v(w, 'weight'), v(w, 'bias'), v(w, 'runningMean'), v(w, 'runningVar'),
        v(w, 'mean'), v(w, 'inverseStd'), v(w, 'out'), 2, 3, 5, 1e-5,
      ) // prettier-ignore
    },
  },
  batchNormSums: {
    operands: () => ({
      x: values(30, 1),
      gradOut: values(30, 2),
      mean: values(3, 3),
      inverseStd: values(3, 4),
      sums: new Float64Array(6),
      gradWeight: values(3, 5),
      gradBias: values(3, 6),
    }),
    run: (k, w) => {
      k.batchNormSums(
        v(w, 'x'), v(w, 'gradOut'), v(w, 'mean'), v(w, 'inverseStd'), v(w, 'sums'),
        v(w, 'gradWeight'), v(w, 'gradBias'), 2, 3, 5, 0, 1,
      ) // prettier-ignore
    },
  },
  batchNormGradient: {
    operands: () => ({
      x: values(30, 1),
      gradOut: values(30, 2),
      weight: values(3, 3),
      mean: values(3, 4),
      inverseStd: values(3, 5),
      sums: Float64Array.of(1, 2, 3, 4, 5, 6),
      gradX: values(30, 6),
    }),
    run: (k, w) => {
      k.batchNormGradient(
        v(w, 'x'), v(w, 'gradOut'), v(w, 'weight'), v(w, 'mean'), v(w, 'inverseStd'), v(w, 'sums'),
        v(w, 'gradX'), 2, 3, 5,
      ) // prettier-ignore
    },
  },
  layerNorm: {
    operands: () => ({
      x: values(35, 1),
      weight: values(7, 2),
      bias: values(7, 3),
      mean: values(5, 4),
      inverseStd: values(5, 5),
      out: values(35, 6),
    }),
    run: (k, w) => {
      k.layerNorm(
        v(w, 'x'), v(w, 'weight'), v(w, 'bias'), v(w, 'mean'), v(w, 'inverseStd'), v(w, 'out'),
        rows, cols, 1e-5,
      ) // prettier-ignore
    },
  },
  layerNormGradient: {
    operands: () => ({
      x: values(35, 1),
      gradOut: values(35, 2),
      weight: values(7, 3),
      mean: values(5, 4),
      inverseStd: values(5, 5),
      gradX: values(35, 6),
    }),
    run: (k, w) => {
      k.layerNormGradient(
        v(w, 'x'), v(w, 'gradOut'), v(w, 'weight'), v(w, 'mean'), v(w, 'inverseStd'),
        v(w, 'gradX'), rows, cols,
      ) // prettier-ignore
    },
  },
  layerNormAffineGradient: {
    operands: () => ({
      x: values(35, 1),
      gradOut: values(35, 2),
      mean: values(5, 4),
      inverseStd: values(5, 5),
      gradWeight: values(7, 6),
      gradBias: values(7, 7),
    }),
    run: (k, w) => {
      k.layerNormAffineGradient(
        v(w, 'x'), v(w, 'gradOut'), v(w, 'mean'), v(w, 'inverseStd'), v(w, 'gradWeight'),
        v(w, 'gradBias'), rows, cols, 0, 1,
      ) // prettier-ignore
    },
  },
  groupNorm: {
    operands: () => ({
      x: values(40, 1),
      weight: values(4, 2),
      bias: values(4, 3),
      mean: values(4, 4),
      inverseStd: values(4, 5),
      out: values(40, 6),
    }),
    run: (k, w) => {
      k.groupNorm(
        v(w, 'x'), v(w, 'weight'), v(w, 'bias'), v(w, 'mean'), v(w, 'inverseStd'), v(w, 'out'), 2, 4,
        5, 2, 1e-5,
      ) // prettier-ignore
    },
  },
  groupNormSums: {
    operands: () => ({
      x: values(40, 1),
      gradOut: values(40, 2),
      mean: values(4, 3),
      inverseStd: values(4, 4),
      sums: new Float64Array(16),
      gradWeight: values(4, 5),
      gradBias: values(4, 6),
    }),
    run: (k, w) => {
      k.groupNormSums(
        v(w, 'x'), v(w, 'gradOut'), v(w, 'mean'), v(w, 'inverseStd'), v(w, 'sums'),
        v(w, 'gradWeight'), v(w, 'gradBias'), 2, 4, 5, 2, 0, 1,
      ) // prettier-ignore
    },
  },
  groupNormGradient: {
    operands: () => ({
      x: values(40, 1),
      gradOut: values(40, 2),
      weight: values(4, 3),
      mean: values(4, 4),
      inverseStd: values(4, 5),
      sums: Float64Array.from({ length: 16 }, (_, i) => i),
      gradX: values(40, 6),
    }),
    run: (k, w) => {
      k.groupNormGradient(
        v(w, 'x'), v(w, 'gradOut'), v(w, 'weight'), v(w, 'mean'), v(w, 'inverseStd'), v(w, 'sums'),
        v(w, 'gradX'), 2, 4, 5, 2,
      ) // prettier-ignore
    },
  },
  maxPool2d: {
    operands: () => ({
      x: values(105, 1),
      index: whole('int32', 18, 2, 0, 9),
      out: values(18, 3),
    }),
    run: (k, w) => {
      k.maxPool2d(v(w, 'x'), v(w, 'out'), v(w, 'index'), pooling)
    },
  },
  maxPool2dGradient: {
    operands: () => ({
      gradOut: values(18, 1),
      index: whole('int32', 18, 2, 0, 35),
      gradX: values(105, 3),
    }),
    run: (k, w) => {
      k.maxPool2dGradient(v(w, 'gradOut'), v(w, 'index'), v(w, 'gradX'), pooling)
    },
  },
  avgPool2d: {
    operands: () => ({ x: values(105, 1), out: values(18, 2) }),
    run: (k, w) => {
      k.avgPool2d(v(w, 'x'), v(w, 'out'), pooling, true, 0)
    },
  },
  avgPool2dGradient: {
    operands: () => ({ gradOut: values(18, 1), gradX: values(105, 2) }),
    run: (k, w) => {
      k.avgPool2dGradient(v(w, 'gradOut'), v(w, 'gradX'), pooling, true, 0)
    },
  },
  adaptiveAvgPool2d: {
    operands: () => ({ x: values(105, 1), out: values(18, 2) }),
    run: (k, w) => {
      k.adaptiveAvgPool2d(v(w, 'x'), v(w, 'out'), 3, 5, 7, 2, 3)
    },
  },
  adaptiveAvgPool2dGradient: {
    operands: () => ({ gradOut: values(18, 1), gradX: values(105, 2) }),
    run: (k, w) => {
      k.adaptiveAvgPool2dGradient(v(w, 'gradOut'), v(w, 'gradX'), 3, 5, 7, 2, 3)
    },
  },
} satisfies Record<OpName, OpCall> as Record<OpName, OpCall>

export const opNames = Object.keys(everyOp) as OpName[]
