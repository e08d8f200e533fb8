import { kernels } from '../kernels/backend.js'
import { checkFloat } from '../tensor/create.js'
import type { FloatDType } from '../kernels/dtype.js'
import { empty, type Shape, type Tensor } from '../tensor/tensor.js'
import { defaultGenerator, type Generator } from './generator.js'

export interface SampleOptions {
  /** Default `float32`. */
  dtype?: FloatDType
  /** Default: the generator that `manualSeed` seeds. */
  generator?: Generator
}

/** Uniform random numbers from [0, 1). */
export function rand(shape: Shape, options: SampleOptions = {}): Tensor {
  const { dtype = 'float32', generator = defaultGenerator } = options
  checkFloat('rand', 'dtype', dtype)
  const result = empty(shape, dtype)
  kernels().uniform(generator.state, result, result.length, 0, 1)
  return result
}

/** Normally distributed random numbers of mean 0 and variance 1. */
export function randn(shape: Shape, options: SampleOptions = {}): Tensor {
  const { dtype = 'float32', generator = defaultGenerator } = options
  checkFloat('randn', 'dtype', dtype)
  const result = empty(shape, dtype)
  kernels().normal(generator.state, result, result.length, 0, 1)
  return result
}

/** A random permutation of 0 … n - 1, int32, shape (n). */
export function randperm(n: number, options: { generator?: Generator } = {}): Tensor {
  const { generator = defaultGenerator } = options
  const result = empty([n], 'int32')
  kernels().permutation(generator.state, result, n)
  return result
}
