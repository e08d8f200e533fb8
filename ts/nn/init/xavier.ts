import { checkNumber, optionsOf } from '../../check.js'
import type { Tensor } from '../../tensor/tensor.js'
import { fans } from './fan.js'
import { type InitOptions, normal_, uniform_ } from './fill.js'

export interface XavierOptions extends InitOptions {
  /** Factor of the standard deviation; see `calculateGain`. Default 1. */
  gain?: number
}

/** gain sqrt(2 / (fanIn + fanOut)); 0 for an empty tensor. */
function deviation(who: string, tensor: Tensor, options: XavierOptions): number {
  const { gain = 1 } = optionsOf(who, options)
  checkNumber(who, 'gain', gain)
  const { fanIn, fanOut } = fans(who, tensor)
  return fanIn + fanOut === 0 ? 0 : gain * Math.sqrt(2 / (fanIn + fanOut))
}

/**
 * Uniform in ±gain sqrt(6 / (fanIn + fanOut)), for a weight of shape (out, in, …kernel). Returns the
 * tensor.
 *
 * Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks
 * (2010); https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.xavier_uniform_
 */
export function xavierUniform_<T extends Tensor>(tensor: T, options: XavierOptions = {}): T {
  const bound = Math.sqrt(3) * deviation('init.xavierUniform_', tensor, options)
  return uniform_(tensor, -bound, bound, options)
}

/**
 * Normal with standard deviation gain sqrt(2 / (fanIn + fanOut)), for a weight of shape (out, in,
 * …kernel). Returns the tensor.
 *
 * Source: as `xavierUniform_`; https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.xavier_normal_
 */
export function xavierNormal_<T extends Tensor>(tensor: T, options: XavierOptions = {}): T {
  return normal_(tensor, 0, deviation('init.xavierNormal_', tensor, options), options)
}
