import type { Kernels, MatmulOptions } from './kernels.js'
import type { KernelCall, KernelName } from './program.js'

/** What a kernel does to its arguments, by their places; those in neither list are only read. */
interface Effect {
  /** Written in full, whatever was there. */
  readonly overwrites?: readonly number[]
  /** Written, but what was there counts or stays in part. */
  readonly updates?: readonly number[]
}

type EffectOf = Effect | ((args: readonly unknown[]) => Effect)

/** A result that is added to what is there, unless the factor at another place is 0. */
function accumulates(result: number, beta: number): EffectOf {
  return (args) => (args[beta] === 0 ? { overwrites: [result] } : { updates: [result] })
}

/** Passes over the calls of a captured step rest on this; a new kernel without a line does not compile. */
const effects: Readonly<Record<KernelName, EffectOf>> = {
  activation: { overwrites: [2] },
  activationGradient: { overwrites: [4] },
  adaptiveAvgPool2d: { overwrites: [1] },
  adaptiveAvgPool2dGradient: { overwrites: [1] },
  affine: { overwrites: [1] },
  argmax: { overwrites: [1] },
  augment: { overwrites: [2, 3], updates: [0] },
  augmentGradient: { overwrites: [2] },
  avgPool2d: { overwrites: [1] },
  avgPool2dGradient: { overwrites: [1] },
  axpby: accumulates(1, 4),
  batchNorm: { overwrites: [6, 7, 8], updates: [3, 4, 5] },
  batchNormGradient: { overwrites: [6] },
  batchNormInference: { overwrites: [5, 6, 7] },
  batchNormSums: { overwrites: [4], updates: [5, 6] },
  bernoulli: { overwrites: [1], updates: [0] },
  binary: { overwrites: [4] },
  cast: { overwrites: [1] },
  channelSum: accumulates(1, 5),
  clipGradients: { updates: [2] },
  conv2d: { overwrites: [3] },
  conv2dInputGradient: { overwrites: [3] },
  conv2dWeightGradient: accumulates(2, 4),
  copy: { overwrites: [1] },
  copyBlocks: (args) => {
    const [, out, count, size, , , outOffset, outStride] = args as Parameters<Kernels['copyBlocks']>
    const whole = outOffset === 0 && outStride === size && out.length === count * size
    return whole ? { overwrites: [1] } : { updates: [1] }
  },
  crossEntropy: { overwrites: [3, 4] },
  crossEntropyGradient: { overwrites: [4] },
  dropout: { overwrites: [2, 3], updates: [0] },
  dropoutGradient: { overwrites: [2] },
  embeddingGradient: accumulates(2, 7),
  fill: { overwrites: [0] },
  gatherRows: { overwrites: [2] },
  gradNorm: { overwrites: [0] },
  groupNorm: { overwrites: [3, 4, 5] },
  groupNormGradient: { overwrites: [6] },
  groupNormSums: { overwrites: [4], updates: [5, 6] },
  layerNorm: { overwrites: [3, 4, 5] },
  layerNormAffineGradient: { updates: [4, 5] },
  layerNormGradient: { overwrites: [5] },
  matmul: (args) => {
    const { beta = 0 } = (args[6] ?? {}) as MatmulOptions
    return beta === 0 ? { overwrites: [2] } : { updates: [2] }
  },
  maxPool2d: { overwrites: [1, 2] },
  maxPool2dGradient: { overwrites: [2] },
  nll: { overwrites: [3, 4] },
  nllGradient: { overwrites: [3] },
  normal: { overwrites: [1], updates: [0] },
  packSigns: { overwrites: [1] },
  pad2d: { overwrites: [1] },
  pad2dGradient: { overwrites: [1] },
  permutation: { overwrites: [1], updates: [0] },
  pointwiseLoss: { overwrites: [5] },
  pointwiseLossGradient: { overwrites: [5] },
  reduce: accumulates(2, 6),
  softmax: { overwrites: [1] },
  softmaxGradient: { overwrites: [2] },
  transpose: { overwrites: [1] },
  unary: { overwrites: [2] },
  uniform: { overwrites: [1], updates: [0] },
  updateStep: { updates: [2, 3, 4, 6] },
  upsample2d: { overwrites: [1] },
  upsample2dGradient: { overwrites: [1] },
  xnorConv2d: { overwrites: [3] },
  xnorMatmul: { overwrites: [3] },
}

/** Kernels that may write a result over an operand: where the two stand. */
const inPlace: Partial<Record<KernelName, readonly [operand: number, result: number]>> = {
  activation: [1, 2],
  activationGradient: [3, 4],
  affine: [0, 1],
  batchNormGradient: [1, 6],
  binary: [2, 4],
  dropout: [1, 3],
  dropoutGradient: [1, 2],
  groupNormGradient: [1, 6],
  layerNormGradient: [1, 5],
  unary: [1, 2],
}

/** Where the operand stands that a call may write its result over, and the result; null: nowhere. */
export function inPlaceOf({
  method,
}: KernelCall): readonly [operand: number, result: number] | null {
  return inPlace[method] ?? null
}

/** The places of the arguments that a call writes in full, whatever was there. */
export function overwrittenBy({ method, args }: KernelCall): readonly number[] {
  return effectOf(method, args).overwrites ?? []
}

/** The places of all arguments that a call writes. */
export function writtenBy({ method, args }: KernelCall): readonly number[] {
  const { overwrites = [], updates = [] } = effectOf(method, args)
  return [...overwrites, ...updates]
}

function effectOf(method: KernelName, args: readonly unknown[]): Effect {
  const effect = effects[method]
  return typeof effect === 'function' ? effect(args) : effect
}
