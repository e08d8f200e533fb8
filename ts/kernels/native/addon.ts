import type { Conv2dAlgorithm } from '../conv2d.js'
import type {
  ActivationKind,
  BinaryKind,
  Broadcast,
  ReduceKind,
  Reduction,
  UnaryKind,
  UpdateKind,
} from '../kernels.js'
import type { PadMode } from '../pad2d.js'
import type { PointwiseLossKind } from '../pointwise-loss.js'

/** Bytes of an operand; null where an optional one is left out. */
type Bytes = ArrayBuffer | null

/** One ParameterSlot after the other: parameter, its offset, gradient, its offset, n, index, stateOffset. */
export type FlatSlots = readonly (ArrayBuffer | number)[]

/** The sizes of a Conv2dGeometry in the order of its declaration. */
export type FlatConv2dGeometry = readonly [
  ...[batch: number, inChannels: number, inHeight: number, inWidth: number],
  ...[outChannels: number, outHeight: number, outWidth: number],
  ...[kernelHeight: number, kernelWidth: number, strideHeight: number, strideWidth: number],
  ...[padTop: number, padLeft: number, dilationHeight: number, dilationWidth: number],
  groups: number,
]

/** The sizes of an AugmentGeometry in the order of its declaration. */
export type FlatAugmentGeometry = readonly [
  ...[samples: number, channels: number, inHeight: number, inWidth: number],
  ...[outHeight: number, outWidth: number],
]

/** A code of `dtypeCode`. */
type DTypeCode = number

type ErrorClass = new (message: string) => Error

/** What `info` of the addon reports; cache sizes in bytes, of one core (l3: shared). */
export interface NativeInfo {
  isa: string
  supportedIsas: string[]
  flushDenormal: boolean
  cpu: string
  cores: number
  l1d: number
  l2: number
  l3: number
}

/** How a replay tells of itself: now and then, and once at its end with `ended`. */
export type ReplayListener = (
  done: number,
  ended?: boolean,
  code?: string,
  message?: string,
  operation?: number,
) => void

/** A recorded list of operations. The ArrayBuffers that it works on must be kept alive. */
export interface NativeProgram {
  /** The arguments are those of the function of that name in `Addon`. */
  add(name: string, ...args: readonly unknown[]): void
  addPlaceholder(buffer: ArrayBuffer): number
  place(placeholder: number, buffer: ArrayBuffer, byteOffset: number, stride: number): void
  runSync(times: number): void
  /** With at most so many threads, 0 for all of them; in the background with threads of low priority. */
  start(
    times: number,
    intervalMs: number,
    threads: number,
    background: boolean,
    listener: ReplayListener,
  ): void
  stop(): void
  /** Whole steps of the replay in flight, or of the last one. */
  done(): number
  timeOperations(times: number): number[]
}

/**
 * The functions of the addon. The order of the arguments is that of the Fields() of each argument
 * struct in native/ops: the dtype first, then those of the Kernels method, each view as its
 * ArrayBuffer and the offset in bytes, slots last and flattened.
 */
export interface Addon {
  Program: new () => NativeProgram
  info(): NativeInfo
  getNumThreads(): number
  /** For the whole process, all its environments together. */
  setNumThreads(count: number): void
  /** For what is called on this thread, until it is set to 0. */
  limitThreads(count: number): void
  /** For the whole process; whether this processor can. */
  setFlushDenormal(mode: boolean): boolean
  /** Counts as long as nobody has called setNumThreads. */
  setDefaultNumThreads(count: number): void
  /** What errors of the core become. */
  setErrorClasses(shape: ErrorClass, dtype: ErrorClass, value: ErrorClass, memory: ErrorClass): void

  // prettier-ignore
  matmul(
    dtype: DTypeCode, a: Bytes, aAt: number, b: Bytes, bAt: number, out: Bytes, outAt: number,
    m: number, n: number, k: number, transposeA: boolean, transposeB: boolean, alpha: number,
    beta: number, bias: Bytes, biasAt: number, activation: ActivationKind, parameter: number,
  ): void

  // prettier-ignore
  activation(
    dtype: DTypeCode, kind: ActivationKind, x: Bytes, xAt: number, y: Bytes, yAt: number, n: number,
    parameter: number,
  ): void
  // prettier-ignore
  activationGradient(
    dtype: DTypeCode, kind: ActivationKind, x: Bytes, xAt: number, y: Bytes, yAt: number,
    gradY: Bytes, gradYAt: number, gradX: Bytes, gradXAt: number, n: number, parameter: number,
  ): void

  // prettier-ignore
  unary(
    dtype: DTypeCode, kind: UnaryKind, x: Bytes, xAt: number, y: Bytes, yAt: number, n: number,
  ): void
  // prettier-ignore
  binary(
    dtype: DTypeCode, kind: BinaryKind, broadcast: Broadcast, a: Bytes, aAt: number, b: Bytes,
    bAt: number, out: Bytes, outAt: number, rows: number, cols: number,
  ): void
  // prettier-ignore
  affine(
    dtype: DTypeCode, x: Bytes, xAt: number, y: Bytes, yAt: number, n: number, scale: number,
    shift: number,
  ): void
  // prettier-ignore
  axpby(
    dtype: DTypeCode, x: Bytes, xAt: number, y: Bytes, yAt: number, n: number, alpha: number,
    beta: number,
  ): void

  // prettier-ignore
  softmax(
    dtype: DTypeCode, x: Bytes, xAt: number, y: Bytes, yAt: number, outer: number, n: number,
    inner: number, log: boolean,
  ): void
  // prettier-ignore
  softmaxGradient(
    dtype: DTypeCode, y: Bytes, yAt: number, gradY: Bytes, gradYAt: number, gradX: Bytes,
    gradXAt: number, outer: number, n: number, inner: number, log: boolean,
  ): void

  // prettier-ignore
  reduce(
    dtype: DTypeCode, kind: ReduceKind, x: Bytes, xAt: number, out: Bytes, outAt: number,
    outer: number, n: number, inner: number, beta: number,
  ): void
  // prettier-ignore
  argmax(
    dtype: DTypeCode, x: Bytes, xAt: number, out: Bytes, outAt: number, outer: number, n: number,
    inner: number,
  ): void

  // prettier-ignore
  crossEntropy(
    dtype: DTypeCode, logits: Bytes, logitsAt: number, target: Bytes, targetAt: number,
    targetIsIndices: boolean, weight: Bytes, weightAt: number, loss: Bytes, lossAt: number,
    divisor: Bytes, divisorAt: number, outer: number, classes: number, inner: number,
    reduction: Reduction, ignoreIndex: number, labelSmoothing: number,
  ): void
  // prettier-ignore
  crossEntropyGradient(
    dtype: DTypeCode, logits: Bytes, logitsAt: number, target: Bytes, targetAt: number,
    targetIsIndices: boolean, weight: Bytes, weightAt: number, divisor: Bytes, divisorAt: number,
    gradLogits: Bytes, gradLogitsAt: number, outer: number, classes: number, inner: number,
    ignoreIndex: number, labelSmoothing: number,
  ): void

  conv2d(
    ...args: [
      ...[dtype: DTypeCode, x: Bytes, xAt: number, weight: Bytes, weightAt: number],
      ...[bias: Bytes, biasAt: number, out: Bytes, outAt: number, ...geometry: FlatConv2dGeometry],
      ...[activation: ActivationKind, parameter: number, algorithm: Conv2dAlgorithm],
    ]
  ): void
  conv2dInputGradient(
    ...args: [
      ...[dtype: DTypeCode, gradOut: Bytes, gradOutAt: number, weight: Bytes, weightAt: number],
      ...[bias: Bytes, biasAt: number, gradX: Bytes, gradXAt: number],
      ...[...geometry: FlatConv2dGeometry, algorithm: Conv2dAlgorithm],
    ]
  ): void
  conv2dWeightGradient(
    ...args: [
      ...[dtype: DTypeCode, x: Bytes, xAt: number, gradOut: Bytes, gradOutAt: number],
      ...[gradWeight: Bytes, gradWeightAt: number, ...geometry: FlatConv2dGeometry],
      ...[beta: number, algorithm: Conv2dAlgorithm],
    ]
  ): void
  // prettier-ignore
  channelSum(
    dtype: DTypeCode, x: Bytes, xAt: number, out: Bytes, outAt: number, batch: number,
    channels: number, spatial: number, beta: number,
  ): void

  // prettier-ignore
  embeddingGradient(
    dtype: DTypeCode, gradOut: Bytes, gradOutAt: number, index: Bytes, indexAt: number,
    gradWeight: Bytes, gradWeightAt: number, rows: number, cols: number, count: number,
    paddingIndex: number, beta: number,
  ): void

  // prettier-ignore
  nll(
    dtype: DTypeCode, logProbabilities: Bytes, logProbabilitiesAt: number, target: Bytes,
    targetAt: number, weight: Bytes, weightAt: number, loss: Bytes, lossAt: number, divisor: Bytes,
    divisorAt: number, outer: number, classes: number, inner: number, reduction: Reduction,
    ignoreIndex: number,
  ): void
  // prettier-ignore
  nllGradient(
    dtype: DTypeCode, target: Bytes, targetAt: number, weight: Bytes, weightAt: number,
    divisor: Bytes, divisorAt: number, grad: Bytes, gradAt: number, outer: number, classes: number,
    inner: number, ignoreIndex: number,
  ): void

  // prettier-ignore
  pad2d(
    dtype: DTypeCode, x: Bytes, xAt: number, out: Bytes, outAt: number, planes: number,
    inHeight: number, inWidth: number, padTop: number, padBottom: number, padLeft: number,
    padRight: number, mode: PadMode, value: number,
  ): void
  // prettier-ignore
  pad2dGradient(
    dtype: DTypeCode, gradOut: Bytes, gradOutAt: number, gradX: Bytes, gradXAt: number,
    planes: number, inHeight: number, inWidth: number, padTop: number, padBottom: number,
    padLeft: number, padRight: number, mode: PadMode,
  ): void

  // prettier-ignore
  pointwiseLoss(
    dtype: DTypeCode, kind: PointwiseLossKind, x: Bytes, xAt: number, y: Bytes, yAt: number,
    weight: Bytes, weightAt: number, positive: Bytes, positiveAt: number, loss: Bytes,
    lossAt: number, n: number, parameter: number, eachElement: boolean, divisor: number,
  ): void
  // prettier-ignore
  pointwiseLossGradient(
    dtype: DTypeCode, kind: PointwiseLossKind, x: Bytes, xAt: number, y: Bytes, yAt: number,
    weight: Bytes, weightAt: number, positive: Bytes, positiveAt: number, gradX: Bytes,
    gradXAt: number, n: number, parameter: number, scale: number,
  ): void

  // prettier-ignore
  updateStep(
    dtype: DTypeCode, kind: UpdateKind, hyper: Bytes, hyperAt: number, steps: Bytes,
    stepsAt: number, products: Bytes, productsAt: number, state: Bytes, stateAt: number,
    stateLength: number, ...slots: FlatSlots
  ): void
  gradNorm(dtype: DTypeCode, out: Bytes, outAt: number, p: number, ...slots: FlatSlots): void
  // prettier-ignore
  clipGradients(
    dtype: DTypeCode, norm: Bytes, normAt: number, maxNorm: number, ...slots: FlatSlots
  ): void

  // prettier-ignore
  gatherRows(
    srcDtype: DTypeCode, src: Bytes, srcAt: number, index: Bytes, indexAt: number,
    outDtype: DTypeCode, out: Bytes, outAt: number, srcRows: number, rows: number, cols: number,
    scale: number, shift: number,
  ): void
  fill(dtype: DTypeCode, y: Bytes, yAt: number, n: number, value: number): void
  copy(dtype: DTypeCode, x: Bytes, xAt: number, y: Bytes, yAt: number, n: number): void
  // prettier-ignore
  copyBlocks(
    dtype: DTypeCode, x: Bytes, xAt: number, out: Bytes, outAt: number, count: number, size: number,
    xOffset: number, xStride: number, outOffset: number, outStride: number,
  ): void
  // prettier-ignore
  cast(
    xDtype: DTypeCode, x: Bytes, xAt: number, yDtype: DTypeCode, y: Bytes, yAt: number, n: number,
    scale: number, shift: number,
  ): void
  // prettier-ignore
  transpose(
    dtype: DTypeCode, x: Bytes, xAt: number, out: Bytes, outAt: number, rows: number, cols: number,
  ): void

  // prettier-ignore
  uniform(
    dtype: DTypeCode, state: Bytes, stateAt: number, y: Bytes, yAt: number, n: number, low: number,
    high: number,
  ): void
  // prettier-ignore
  normal(
    dtype: DTypeCode, state: Bytes, stateAt: number, y: Bytes, yAt: number, n: number, mean: number,
    std: number,
  ): void
  // prettier-ignore
  bernoulli(
    dtype: DTypeCode, state: Bytes, stateAt: number, y: Bytes, yAt: number, n: number, p: number,
    value: number,
  ): void
  permutation(state: Bytes, stateAt: number, y: Bytes, yAt: number, n: number): void

  augment(
    ...args: [
      ...[dtype: DTypeCode, state: Bytes, stateAt: number, x: Bytes, xAt: number],
      ...[drawn: Bytes, drawnAt: number, out: Bytes, outAt: number],
      ...[...geometry: FlatAugmentGeometry, padY: number, padX: number, flip: number],
      ...[erase: number, areaLow: number, areaHigh: number, ratioLow: number],
      ...[rangeRoot: number, fill: number, value: number],
    ]
  ): void
  augmentGradient(
    ...args: [
      ...[dtype: DTypeCode, drawn: Bytes, drawnAt: number, gradOut: Bytes, gradOutAt: number],
      ...[gradX: Bytes, gradXAt: number, ...geometry: FlatAugmentGeometry],
    ]
  ): void

  // prettier-ignore
  dropout(
    dtype: DTypeCode, state: Bytes, stateAt: number, x: Bytes, xAt: number, mask: Bytes,
    maskAt: number, out: Bytes, outAt: number, n: number, inner: number, p: number, scale: number,
  ): void
  // prettier-ignore
  dropoutGradient(
    dtype: DTypeCode, mask: Bytes, maskAt: number, gradOut: Bytes, gradOutAt: number, gradX: Bytes,
    gradXAt: number, n: number, inner: number, scale: number,
  ): void

  // prettier-ignore
  batchNorm(
    dtype: DTypeCode, x: Bytes, xAt: number, weight: Bytes, weightAt: number, bias: Bytes,
    biasAt: number, runningMean: Bytes, runningMeanAt: number, runningVar: Bytes,
    runningVarAt: number, batches: Bytes, batchesAt: number, mean: Bytes, meanAt: number,
    inverseStd: Bytes, inverseStdAt: number, out: Bytes, outAt: number, batch: number,
    channels: number, spatial: number, eps: number, momentum: number, activation: ActivationKind,
    parameter: number,
  ): void
  // prettier-ignore
  batchNormInference(
    dtype: DTypeCode, x: Bytes, xAt: number, weight: Bytes, weightAt: number, bias: Bytes,
    biasAt: number, runningMean: Bytes, runningMeanAt: number, runningVar: Bytes,
    runningVarAt: number, mean: Bytes, meanAt: number, inverseStd: Bytes, inverseStdAt: number,
    out: Bytes, outAt: number, batch: number, channels: number, spatial: number, eps: number,
    activation: ActivationKind, parameter: number,
  ): void
  // prettier-ignore
  batchNormSums(
    dtype: DTypeCode, x: Bytes, xAt: number, gradOut: Bytes, gradOutAt: number, mean: Bytes,
    meanAt: number, inverseStd: Bytes, inverseStdAt: number, sums: Bytes, sumsAt: number,
    gradWeight: Bytes, gradWeightAt: number, gradBias: Bytes, gradBiasAt: number, batch: number,
    channels: number, spatial: number, weightBeta: number, biasBeta: number,
  ): void
  // prettier-ignore
  batchNormGradient(
    dtype: DTypeCode, x: Bytes, xAt: number, gradOut: Bytes, gradOutAt: number, weight: Bytes,
    weightAt: number, mean: Bytes, meanAt: number, inverseStd: Bytes, inverseStdAt: number,
    sums: Bytes, sumsAt: number, gradX: Bytes, gradXAt: number, batch: number, channels: number,
    spatial: number,
  ): void

  // prettier-ignore
  layerNorm(
    dtype: DTypeCode, x: Bytes, xAt: number, weight: Bytes, weightAt: number, bias: Bytes,
    biasAt: number, mean: Bytes, meanAt: number, inverseStd: Bytes, inverseStdAt: number,
    out: Bytes, outAt: number, rows: number, cols: number, eps: number,
  ): void
  // prettier-ignore
  layerNormGradient(
    dtype: DTypeCode, x: Bytes, xAt: number, gradOut: Bytes, gradOutAt: number, weight: Bytes,
    weightAt: number, mean: Bytes, meanAt: number, inverseStd: Bytes, inverseStdAt: number,
    gradX: Bytes, gradXAt: number, rows: number, cols: number,
  ): void
  // prettier-ignore
  layerNormAffineGradient(
    dtype: DTypeCode, x: Bytes, xAt: number, gradOut: Bytes, gradOutAt: number, mean: Bytes,
    meanAt: number, inverseStd: Bytes, inverseStdAt: number, gradWeight: Bytes,
    gradWeightAt: number, gradBias: Bytes, gradBiasAt: number, rows: number, cols: number,
    weightBeta: number, biasBeta: number,
  ): void

  // prettier-ignore
  groupNorm(
    dtype: DTypeCode, x: Bytes, xAt: number, weight: Bytes, weightAt: number, bias: Bytes,
    biasAt: number, mean: Bytes, meanAt: number, inverseStd: Bytes, inverseStdAt: number,
    out: Bytes, outAt: number, batch: number, channels: number, spatial: number, groups: number,
    eps: number,
  ): void
  // prettier-ignore
  groupNormSums(
    dtype: DTypeCode, x: Bytes, xAt: number, gradOut: Bytes, gradOutAt: number, mean: Bytes,
    meanAt: number, inverseStd: Bytes, inverseStdAt: number, sums: Bytes, sumsAt: number,
    gradWeight: Bytes, gradWeightAt: number, gradBias: Bytes, gradBiasAt: number, batch: number,
    channels: number, spatial: number, groups: number, weightBeta: number, biasBeta: number,
  ): void
  // prettier-ignore
  groupNormGradient(
    dtype: DTypeCode, x: Bytes, xAt: number, gradOut: Bytes, gradOutAt: number, weight: Bytes,
    weightAt: number, mean: Bytes, meanAt: number, inverseStd: Bytes, inverseStdAt: number,
    sums: Bytes, sumsAt: number, gradX: Bytes, gradXAt: number, batch: number, channels: number,
    spatial: number, groups: number,
  ): void

  // prettier-ignore
  maxPool2d(
    dtype: DTypeCode, x: Bytes, xAt: number, out: Bytes, outAt: number, index: Bytes,
    indexAt: number,
    planes: number, inHeight: number, inWidth: number, outHeight: number, outWidth: number,
    kernelHeight: number, kernelWidth: number, strideHeight: number, strideWidth: number,
    padTop: number, padLeft: number, dilationHeight: number, dilationWidth: number,
  ): void
  // prettier-ignore
  maxPool2dGradient(
    dtype: DTypeCode, gradOut: Bytes, gradOutAt: number, index: Bytes, indexAt: number,
    gradX: Bytes, gradXAt: number,
    planes: number, inHeight: number, inWidth: number, outHeight: number, outWidth: number,
    kernelHeight: number, kernelWidth: number, strideHeight: number, strideWidth: number,
    padTop: number, padLeft: number, dilationHeight: number, dilationWidth: number,
  ): void
  // prettier-ignore
  avgPool2d(
    dtype: DTypeCode, x: Bytes, xAt: number, out: Bytes, outAt: number,
    planes: number, inHeight: number, inWidth: number, outHeight: number, outWidth: number,
    kernelHeight: number, kernelWidth: number, strideHeight: number, strideWidth: number,
    padTop: number, padLeft: number, dilationHeight: number, dilationWidth: number,
    countIncludePad: boolean, divisorOverride: number,
  ): void
  // prettier-ignore
  avgPool2dGradient(
    dtype: DTypeCode, gradOut: Bytes, gradOutAt: number, gradX: Bytes, gradXAt: number,
    planes: number, inHeight: number, inWidth: number, outHeight: number, outWidth: number,
    kernelHeight: number, kernelWidth: number, strideHeight: number, strideWidth: number,
    padTop: number, padLeft: number, dilationHeight: number, dilationWidth: number,
    countIncludePad: boolean, divisorOverride: number,
  ): void
  // prettier-ignore
  adaptiveAvgPool2d(
    dtype: DTypeCode, x: Bytes, xAt: number, out: Bytes, outAt: number, planes: number,
    inHeight: number, inWidth: number, outHeight: number, outWidth: number,
  ): void
  // prettier-ignore
  adaptiveAvgPool2dGradient(
    dtype: DTypeCode, gradOut: Bytes, gradOutAt: number, gradX: Bytes, gradXAt: number,
    planes: number, inHeight: number, inWidth: number, outHeight: number, outWidth: number,
  ): void

  // prettier-ignore
  upsample2d(
    dtype: DTypeCode, mode: number, x: Bytes, xAt: number, out: Bytes, outAt: number,
    planes: number, inHeight: number, inWidth: number, outHeight: number, outWidth: number,
    scaleHeight: number, scaleWidth: number, alignCorners: boolean,
  ): void
  // prettier-ignore
  upsample2dGradient(
    dtype: DTypeCode, mode: number, gradOut: Bytes, gradOutAt: number, gradX: Bytes,
    gradXAt: number, planes: number, inHeight: number, inWidth: number, outHeight: number,
    outWidth: number, scaleHeight: number, scaleWidth: number, alignCorners: boolean,
  ): void

  // prettier-ignore
  packSigns(
    dtype: DTypeCode, x: Bytes, xAt: number, words: Bytes, wordsAt: number, outer: number, n: number,
    inner: number,
  ): void
  // prettier-ignore
  xnorMatmul(
    dtype: DTypeCode, a: Bytes, aAt: number, b: Bytes, bAt: number, bias: Bytes, biasAt: number,
    out: Bytes, outAt: number, m: number, n: number, k: number,
  ): void
  xnorConv2d(
    ...args: [
      ...[dtype: DTypeCode, x: Bytes, xAt: number, weight: Bytes, weightAt: number],
      ...[bias: Bytes, biasAt: number, out: Bytes, outAt: number, ...geometry: FlatConv2dGeometry],
    ]
  ): void
}
