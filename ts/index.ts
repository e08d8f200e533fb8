export * from './errors.js'
export type { DType, FloatDType, TypedArray } from './tensor/dtype.js'
export { empty, Tensor, type NestedArray, type Shape } from './tensor/tensor.js'
