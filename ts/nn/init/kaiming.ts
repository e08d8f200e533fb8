import { optionsOf } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import type { Tensor } from '../../tensor/tensor.js'
import { calculateGain, type FanMode, fans, type Nonlinearity } from './fan.js'
import { type InitOptions, normal_, uniform_ } from './fill.js'

export interface KaimingOptions extends InitOptions {
  /** Negative slope of the leaky ReLU that follows. Default 0. */
  a?: number
  /** Whether to keep the variance of the forward (`fanIn`, default) or of the backward pass. */
  mode?: FanMode
  /** Default `leaky_relu`, with slope `a`. */
  nonlinearity?: Nonlinearity
}

/** Standard deviation gain / sqrt(fan); 0 for an empty tensor. */
function deviation(who: string, tensor: Tensor, options: KaimingOptions): number {
  const { a = 0, mode = 'fanIn', nonlinearity = 'leaky_relu' } = optionsOf(who, options)
  const sizes: Partial<Record<string, number>> = fans(who, tensor)
  const fan = typeof mode === 'string' && Object.hasOwn(sizes, mode) ? sizes[mode] : undefined
  if (fan === undefined) {
    throw new ValueError(complaint(who, 'mode', 'fanIn or fanOut', mode))
  }
  return fan === 0 ? 0 : calculateGain(nonlinearity, a) / Math.sqrt(fan)
}

/**
 * Uniform in ±gain sqrt(3 / fan), for a weight of shape (out, in, …kernel). Returns the tensor.
 *
 * Source: He et al., Delving deep into rectifiers (2015);
 * https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.kaiming_uniform_
 */
export function kaimingUniform_<T extends Tensor>(tensor: T, options: KaimingOptions = {}): T {
  const bound = Math.sqrt(3) * deviation('init.kaimingUniform_', tensor, options)
  return uniform_(tensor, -bound, bound, options)
}

/**
 * Normal with standard deviation gain / sqrt(fan), for a weight of shape (out, in, …kernel). Returns
 * the tensor.
 *
 * Source: He et al., Delving deep into rectifiers (2015);
 * https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.kaiming_normal_
 */
export function kaimingNormal_<T extends Tensor>(tensor: T, options: KaimingOptions = {}): T {
  return normal_(tensor, 0, deviation('init.kaimingNormal_', tensor, options), options)
}
