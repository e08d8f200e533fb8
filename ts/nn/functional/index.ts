export {
  celu,
  elu,
  gelu,
  type GeluOptions,
  glu,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  mish,
  prelu,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmin,
  softplus,
  softshrink,
  softsign,
  tanhshrink,
  threshold,
} from '../../ops/activation.js'
export { batchNorm, type BatchNormFunctionOptions } from './batch-norm.js'
export {
  conv1d,
  type Conv1dFunctionOptions,
  conv2d,
  type Conv2dFunctionOptions,
  convTranspose1d,
  type ConvTranspose1dFunctionOptions,
  convTranspose2d,
  type ConvTranspose2dFunctionOptions,
} from './conv.js'
export { dropout, dropout1d, dropout2d, type DropoutFunctionOptions } from './dropout.js'
export { groupNorm, instanceNorm, type InstanceNormFunctionOptions } from './group-norm.js'
export { interpolate } from './interpolate.js'
export { layerNorm, type NormFunctionOptions } from './layer-norm.js'
export { linear } from './linear.js'
export {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  ctcLoss,
  huberLoss,
  klDiv,
  l1Loss,
  mseLoss,
  nllLoss,
  smoothL1Loss,
} from './loss.js'
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  avgPool1d,
  avgPool2d,
  maxPool1d,
  maxPool2d,
} from './pool.js'
export { embedding, oneHot } from '../../ops/gather.js'
export { pad } from '../../ops/pad.js'
export { logSoftmax, softmax } from '../../ops/softmax.js'
export { tanh } from '../../ops/unary.js'
export { adaptiveMaxPool2d, type OutputSize } from './adaptive-max-pool.js'
export { bilinear } from './bilinear.js'
export {
  type BagMode,
  embeddingBag,
  type EmbeddingBagFunctionOptions,
  type EmbeddingBagInputs,
} from './embedding-bag.js'
export {
  cosineSimilarity,
  type CosineSimilarityOptions,
  normalize,
  type NormalizeFunctionOptions,
} from './distance.js'
export { pixelShuffle, pixelUnshuffle } from './pixel-shuffle.js'
export { rmsNorm, type RMSNormFunctionOptions } from './rms-norm.js'
export { rotary, type RotaryFunctionOptions } from './rotary.js'
export {
  type AttentionFunctionOptions,
  scaledDotProductAttention,
} from './scaled-dot-product-attention.js'
export { unfold, type UnfoldOptions } from './unfold.js'
