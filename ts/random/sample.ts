import { checkArguments } from '../check.js'
import { kernels } from '../kernels/backend.js'
import type { FloatDType } from '../kernels/dtype.js'
import { flag, floatDType, type Options, readOptions } from '../options.js'
import { leaf } from '../tensor/create.js'
import { empty, type Shape, type Tensor } from '../tensor/tensor.js'
import { placeOf } from './batch-rows.js'
import { type Generator, generatorOf, generatorOption } from './generator.js'

export interface SampleOptions {
  /** Default `float32`. */
  dtype?: FloatDType
  /** Default: the generator that `manualSeed` seeds. */
  generator?: Generator
  /** Whether gradients by it are computed. Default false. */
  requiresGrad?: boolean
}

const SAMPLE = {
  dtype: floatDType('float32'),
  generator: generatorOption,
  requiresGrad: flag(false),
} satisfies Options<SampleOptions>

/** Uniform random numbers from [0, 1). */
export function rand(shape: Shape, options?: SampleOptions): Tensor {
  checkArguments('rand', 2, arguments)
  const { dtype, generator, requiresGrad } = readOptions('rand', SAMPLE, options)
  const { state } = generatorOf('rand', generator)
  const result = empty(shape, dtype)
  const { runs, before, after } = placeOf(result.length, shape)
  const place = { n: result.length, runs, before, after }
  kernels().uniform({ ...place, state, y: result, low: 0, high: 1 })
  return leaf(result, requiresGrad)
}

/** Normally distributed random numbers of mean 0 and variance 1. */
export function randn(shape: Shape, options?: SampleOptions): Tensor {
  checkArguments('randn', 2, arguments)
  const { dtype, generator, requiresGrad } = readOptions('randn', SAMPLE, options)
  const { state } = generatorOf('randn', generator)
  const result = empty(shape, dtype)
  const { runs, before, after } = placeOf(result.length, shape)
  const place = { n: result.length, runs, before, after }
  kernels().normal({ ...place, state, y: result, mean: 0, std: 1 })
  return leaf(result, requiresGrad)
}

/** A random permutation of 0 … n - 1, int32, shape (n). */
export function randperm(n: number, options?: Pick<SampleOptions, 'generator'>): Tensor {
  checkArguments('randperm', 2, arguments)
  const { generator } = readOptions('randperm', { generator: generatorOption }, options)
  const { state } = generatorOf('randperm', generator)
  const result = empty([n], 'int32')
  kernels().permutation({ state, y: result, n })
  return result
}
