export { BCELoss, type BCELossOptions } from '../criterion/bce.js'
export { BCEWithLogitsLoss, type BCEWithLogitsLossOptions } from '../criterion/bce-with-logits.js'
export {
  CosineEmbeddingLoss,
  type CosineEmbeddingLossOptions,
} from '../criterion/cosine-embedding.js'
export { Criterion, type CriterionOptions, type ReductionName } from '../criterion/criterion.js'
export { CrossEntropyLoss, type CrossEntropyLossOptions } from '../criterion/cross-entropy.js'
export { CTCLoss, type CTCLossOptions, type Lengths } from '../criterion/ctc.js'
export { GaussianNLLLoss, type GaussianNLLLossOptions } from '../criterion/gaussian-nll.js'
export { HingeEmbeddingLoss, type HingeEmbeddingLossOptions } from '../criterion/hinge-embedding.js'
export { HuberLoss, type HuberLossOptions } from '../criterion/huber.js'
export { KLDivLoss, type KLDivLossOptions } from '../criterion/kl-div.js'
export { L1Loss } from '../criterion/l1.js'
export { MarginRankingLoss, type MarginRankingLossOptions } from '../criterion/margin-ranking.js'
export { MSELoss } from '../criterion/mse.js'
export {
  MultiLabelSoftMarginLoss,
  type MultiLabelSoftMarginLossOptions,
} from '../criterion/multi-label-soft-margin.js'
export { MultiMarginLoss, type MultiMarginLossOptions } from '../criterion/multi-margin.js'
export { NLLLoss, type NLLLossOptions } from '../criterion/nll.js'
export { PoissonNLLLoss, type PoissonNLLLossOptions } from '../criterion/poisson-nll.js'
export { ProbabilityCrossEntropyLoss } from '../criterion/probability-cross-entropy.js'
export { SmoothL1Loss, type SmoothL1LossOptions } from '../criterion/smooth-l1.js'
export { SoftMarginLoss } from '../criterion/soft-margin.js'
export { TripletMarginLoss, type TripletMarginLossOptions } from '../criterion/triplet-margin.js'
export {
  Activation,
  GELU,
  type GELUOptions,
  LeakyReLU,
  ReLU,
  Sigmoid,
  SiLU,
  Softplus,
  Swish,
  Tanh,
} from './activation.js'
export {
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  ReLU6,
  Softshrink,
  Threshold,
} from './hard-activation.js'
export { PReLU, type PReLUOptions } from './prelu.js'
export {
  CELU,
  ELU,
  GLU,
  LogSigmoid,
  Mish,
  SELU,
  Softmin,
  Softsign,
  Tanhshrink,
} from './smooth-activation.js'
export { AdaptiveMaxPool2d } from './adaptive-max-pool2d.js'
export { AdditiveCoupling, type AdditiveCouplingOptions } from './additive-coupling.js'
export { AdaptiveAvgPool1d, AvgPool1d, type AvgPool1dOptions } from './avg-pool1d.js'
export { AdaptiveAvgPool2d, AvgPool2d, type AvgPool2dOptions } from './avg-pool2d.js'
export type { AugmentationOptions } from './augmentation.js'
export type { BranchModules } from './branches.js'
export { Bilinear } from './bilinear.js'
export { RNN, type RNNOptions } from './rnn.js'
export { LSTM, type LSTMOptions, type LSTMOutput, type LSTMState } from './lstm.js'
export { GRU } from './gru.js'
export { RNNCell, type RNNCellOptions } from './rnn-cell.js'
export { LSTMCell, type LSTMCellState } from './lstm-cell.js'
export { GRUCell } from './gru-cell.js'
export { type RecurrentCellOptions } from './recurrent-cell.js'
export { EveryStep, LastStep } from './every-step.js'
export { type RecurrentOptions, type RecurrentOutput, type RecurrentState } from './recurrent.js'
export { ColumnEmbedding } from './column-embedding.js'
export { Concat, type ConcatOptions } from './concat.js'
export type { PaddingMode } from './conv-settings.js'
export { Conv1d, type Conv1dOptions } from './conv1d.js'
export { Conv2d, type Conv2dOptions } from './conv2d.js'
export { ConvTranspose1d, type ConvTranspose1dOptions } from './conv-transpose1d.js'
export { ConvTranspose2d, type ConvTranspose2dOptions } from './conv-transpose2d.js'
export { CosineSimilarity } from './cosine-similarity.js'
export { Dropout, Dropout1d, Dropout2d, type DropoutOptions } from './dropout.js'
export { BatchNorm1d, BatchNorm2d, type BatchNormOptions } from './batch-norm.js'
export { BinaryConv2d, type BinaryConv2dOptions } from './binary-conv2d.js'
export { BinaryLinear, type BinaryLinearOptions } from './binary-linear.js'
export type { BinarizeOptions } from './binarize.js'
export { Embedding, type EmbeddingOptions } from './embedding.js'
export { EmbeddingBag, type EmbeddingBagOptions } from './embedding-bag.js'
export * as functional from './functional/index.js'
export { Flatten } from './flatten.js'
export { GroupNorm, type GroupNormOptions } from './group-norm.js'
export { Identity } from './identity.js'
export * as init from './init/index.js'
export { InstanceNorm2d, type InstanceNormOptions } from './instance-norm.js'
export { LayerNorm, type LayerNormOptions } from './layer-norm.js'
export { Linear, type LinearOptions } from './linear.js'
export { MaxPool1d, type MaxPool1dOptions } from './max-pool1d.js'
export { MaxPool2d, type MaxPool2dOptions } from './max-pool2d.js'
export {
  type ForwardHook,
  type ForwardPreHook,
  type InputGradients,
  type Inputs,
  Module,
  type OutputGradients,
  type Outputs,
  type TensorModule,
} from './module.js'
export { KeyValueCache } from './key-value-cache.js'
export { ModuleDict } from './module-dict.js'
export { ModuleList } from './module-list.js'
export type { BufferOptions, OwnBuffersOptions } from './module-tree.js'
export {
  type AttentionCallOptions,
  type AttentionOutput,
  MultiheadAttention,
  type MultiheadAttentionOptions,
} from './multihead-attention.js'
export { Normalize, type NormalizeOptions } from './normalize.js'
export type { Padding1d, Padding2d } from './pad.js'
export {
  CircularPad1d,
  ConstantPad1d,
  ReflectionPad1d,
  ReplicationPad1d,
  ZeroPad1d,
} from './pad1d.js'
export {
  CircularPad2d,
  ConstantPad2d,
  ReflectionPad2d,
  ReplicationPad2d,
  ZeroPad2d,
} from './pad2d.js'
export { PackedBinaryConv2d, type PackedBinaryConv2dOptions } from './packed-binary-conv2d.js'
export { PackedBinaryLinear } from './packed-binary-linear.js'
export type { PackedOptions } from './packed-layer.js'
export type { Pair } from './pair.js'
export { Parallel } from './parallel.js'
export { Parameter, type ParameterOptions } from './parameter.js'
export { ParameterDict } from './parameter-dict.js'
export { ParameterList } from './parameter-list.js'
export { PixelShuffle, PixelUnshuffle } from './pixel-shuffle.js'
export { PositionalEncoding, type PositionalEncodingOptions } from './positional-encoding.js'
export { Quadratic, type QuadraticOptions } from './quadratic.js'
export { RandomBrightness } from './random-brightness.js'
export { RandomCrop, type RandomCropOptions } from './random-crop.js'
export { RandomErasing, type RandomErasingOptions } from './random-erasing.js'
export { RandomHorizontalFlip } from './random-horizontal-flip.js'
export { RandomTranslation, type RandomTranslationOptions } from './random-translation.js'
export { Residual, type ResidualOptions } from './residual.js'
export { RMSNorm, type RMSNormOptions } from './rms-norm.js'
export {
  type PositionOptions,
  RotaryEmbedding,
  type RotaryEmbeddingOptions,
} from './rotary-embedding.js'
export { Sequential } from './sequential.js'
export { Sign, type SignEstimator, type SignOptions } from './sign.js'
export { LogSoftmax, Softmax } from './softmax.js'
export { Split, type SplitOptions } from './split.js'
export type { LoadOptions, LoadResult, StateDict } from './state-dict.js'
export { Transformer, type TransformerCallOptions, type TransformerOptions } from './transformer.js'
export { type DecoderLayer, TransformerDecoder } from './transformer-decoder.js'
export { type DecoderCallOptions, TransformerDecoderLayer } from './transformer-decoder-layer.js'
export {
  type EncoderCallOptions,
  type EncoderLayer,
  TransformerEncoder,
} from './transformer-encoder.js'
export {
  type EncoderLayerCallOptions,
  TransformerEncoderLayer,
} from './transformer-encoder-layer.js'
export type { TransformerLayerOptions } from './transformer-parts.js'
export type { TransformerStackOptions } from './transformer-stack.js'
export { Unfold } from './unfold.js'
export { Unflatten } from './unflatten.js'
export { Upsample, type UpsampleOptions } from './upsample2d.js'
export * as utils from './utils/index.js'
