import { checkArguments, checkNumber } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { kernels } from '../../kernels/backend.js'
import { type Options, readOptions } from '../../options.js'
import { type Generator, generatorOf, generatorOption } from '../../random/generator.js'
import { checkFloat } from '../../tensor/create.js'
import { checkTensor, type Tensor } from '../../tensor/tensor.js'
import { noteWrite } from '../../tensor/written.js'

export interface InitOptions {
  /** Default: the generator that `manualSeed` seeds. */
  generator?: Generator
}

export const INIT = { generator: generatorOption } satisfies Options<InitOptions>

/**
 * Fills the tensor with uniform random numbers from [low, high). Returns it.
 *
 * @throws ValueError unless low ≤ high and both are finite.
 */
export function uniform_<T extends Tensor>(
  tensor: T,
  low = 0,
  high = 1,
  options: InitOptions = {},
): T {
  checkArguments('init.uniform_', 4, arguments)
  checkTensor('init.uniform_', tensor)
  checkFloat('init.uniform_', 'the tensor', tensor.dtype)
  if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high)) {
    throw new ValueError(
      complaint('init.uniform_', 'the bounds', 'finite, low at most high', [low, high]),
    )
  }
  const { generator } = readOptions('init.uniform_', INIT, options)
  const { state } = generatorOf('init.uniform_', generator)
  kernels().uniform({ state, y: tensor, n: tensor.length, low, high })
  noteWrite(tensor)
  return tensor
}

/**
 * Fills the tensor with normally distributed random numbers. Returns it.
 *
 * @throws ValueError unless mean and std are finite and std ≥ 0.
 */
export function normal_<T extends Tensor>(
  tensor: T,
  mean = 0,
  std = 1,
  options: InitOptions = {},
): T {
  checkArguments('init.normal_', 4, arguments)
  checkTensor('init.normal_', tensor)
  checkFloat('init.normal_', 'the tensor', tensor.dtype)
  if (!(Number.isFinite(mean) && Number.isFinite(std) && std >= 0)) {
    throw new ValueError(
      complaint('init.normal_', 'mean and std', 'finite, std at least 0', [mean, std]),
    )
  }
  const { generator } = readOptions('init.normal_', INIT, options)
  const { state } = generatorOf('init.normal_', generator)
  kernels().normal({ state, y: tensor, n: tensor.length, mean, std })
  noteWrite(tensor)
  return tensor
}

/** Sets all elements to `value`. Returns the tensor. */
export function constant_<T extends Tensor>(tensor: T, value: number): T {
  checkArguments('init.constant_', 2, arguments)
  checkTensor('init.constant_', tensor)
  checkNumber('init.constant_', 'the value', value)
  kernels().fill({ y: tensor, n: tensor.length, value })
  noteWrite(tensor)
  return tensor
}

/** Sets all elements to 0. Returns the tensor. */
export function zeros_<T extends Tensor>(tensor: T): T {
  checkArguments('init.zeros_', 1, arguments)
  return constant_(tensor, 0)
}

/** Sets all elements to 1. Returns the tensor. */
export function ones_<T extends Tensor>(tensor: T): T {
  checkArguments('init.ones_', 1, arguments)
  return constant_(tensor, 1)
}
