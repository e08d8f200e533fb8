export {
  AssetNotFoundError,
  BindingNotFoundError,
  CaptureError,
  DistributedError,
  DTypeError,
  type ErrorCode,
  FormatError,
  GradlaneError,
  LockedError,
  NotFiniteError,
  OutOfMemoryError,
  ShapeError,
  ValueError,
} from './errors.js'
export type { DType, FloatDType, TypedArray } from './kernels/dtype.js'
export type { Elements } from './tensor/elements.js'
export { empty, Tensor, type NestedArray, type Shape } from './tensor/tensor.js'
export {
  arange,
  type ArangeOptions,
  eye,
  fromTypedArray,
  full,
  linspace,
  ones,
  onesLike,
  tensor,
  type TensorData,
  type TensorOptions,
  zeros,
  zerosLike,
} from './tensor/create.js'
export * from './ops/index.js'
export * from './autograd/index.js'
export * as autograd from './autograd/autograd.js'
export { Generator, manualSeed } from './random/generator.js'
export {
  bernoulli,
  type DrawOptions,
  multinomial,
  type MultinomialOptions,
  randint,
  type RandintOptions,
} from './random/draw.js'
export { rand, randn, randperm, type SampleOptions } from './random/sample.js'
export * from './generation/index.js'
export * as nn from './nn/index.js'
export { summary, type Summary, type SummaryOptions, type SummaryRow } from './nn/summary.js'
export { info, type Info } from './info.js'
export { getBackend, setBackend } from './kernels/backend.js'
export type { BackendName } from './kernels/environment.js'
export { getNumThreads, setNumThreads } from './threads.js'
export { setFlushDenormal } from './denormals.js'
export * from './capture/index.js'
export * from './gradient/index.js'
export * as optim from './optim/index.js'
export * as data from './data.js'
export * as io from './io/index.js'
export * as metrics from './metrics/index.js'
export * from './train/index.js'
export * as distributed from './distributed/index.js'
export * as callbacks from './train/callbacks/index.js'
