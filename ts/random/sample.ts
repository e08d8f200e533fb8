import { optionsOf } from '../check.js'
import { kernels } from '../kernels/backend.js'
import { checkFloat } from '../tensor/create.js'
import type { FloatDType } from '../kernels/dtype.js'
import { empty, type Shape, type Tensor } from '../tensor/tensor.js'
import { type Generator, generatorOf } from './generator.js'

export interface SampleOptions {
  /** Default `float32`. */
  dtype?: FloatDType
  /** Default: the generator that `manualSeed` seeds. */
  generator?: Generator
}

/** Uniform random numbers from [0, 1). */
export function rand(shape: Shape, options: SampleOptions = {}): Tensor {
  const { dtype = 'float32', generator } = optionsOf('rand', options)
  checkFloat('rand', 'dtype', dtype)
  const { state } = generatorOf('rand', generator)
  const result = empty(shape, dtype)
  kernels().uniform(state, result, result.length, 0, 1)
  return result
}

/** Normally distributed random numbers of mean 0 and variance 1. */
export function randn(shape: Shape, options: SampleOptions = {}): Tensor {
  const { dtype = 'float32', generator } = optionsOf('randn', options)
  checkFloat('randn', 'dtype', dtype)
  const { state } = generatorOf('randn', generator)
  const result = empty(shape, dtype)
  kernels().normal(state, result, result.length, 0, 1)
  return result
}

/** A random permutation of 0 … n - 1, int32, shape (n). */
export function randperm(n: number, options: { generator?: Generator } = {}): Tensor {
  const { state } = generatorOf('randperm', optionsOf('randperm', options).generator)
  const result = empty([n], 'int32')
  kernels().permutation(state, result, n)
  return result
}
