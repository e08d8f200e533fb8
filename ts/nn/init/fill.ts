import { kernels } from '../../kernels/backend.js'
import { defaultGenerator, type Generator } from '../../random/generator.js'
import { checkFloat } from '../../tensor/create.js'
import type { Tensor } from '../../tensor/tensor.js'

export interface InitOptions {
  /** Default: the generator that `manualSeed` seeds. */
  generator?: Generator
}

/** Fills the tensor with uniform random numbers from [low, high). Returns it. */
export function uniform_<T extends Tensor>(
  tensor: T,
  low = 0,
  high = 1,
  options: InitOptions = {},
): T {
  checkFloat('init.uniform_', 'the tensor', tensor.dtype)
  const { generator = defaultGenerator } = options
  kernels().uniform(generator.state, tensor, tensor.length, low, high)
  return tensor
}

/** Fills the tensor with normally distributed random numbers. Returns it. */
export function normal_<T extends Tensor>(
  tensor: T,
  mean = 0,
  std = 1,
  options: InitOptions = {},
): T {
  checkFloat('init.normal_', 'the tensor', tensor.dtype)
  const { generator = defaultGenerator } = options
  kernels().normal(generator.state, tensor, tensor.length, mean, std)
  return tensor
}

/** Sets all elements to `value`. Returns the tensor. */
export function constant_<T extends Tensor>(tensor: T, value: number): T {
  kernels().fill(tensor, tensor.length, value)
  return tensor
}

/** Sets all elements to 0. Returns the tensor. */
export function zeros_<T extends Tensor>(tensor: T): T {
  return constant_(tensor, 0)
}

/** Sets all elements to 1. Returns the tensor. */
export function ones_<T extends Tensor>(tensor: T): T {
  return constant_(tensor, 1)
}
