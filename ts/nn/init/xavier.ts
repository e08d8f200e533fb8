import { checkArguments } from '../../check.js'
import { finite, type Options, readOptions } from '../../options.js'
import type { Tensor } from '../../tensor/tensor.js'
import { fans } from './fan.js'
import { INIT, type InitOptions, normal_, uniform_ } from './fill.js'

export interface XavierOptions extends InitOptions {
  /** Factor of the standard deviation; see `calculateGain`. Default 1. */
  gain?: number
}

const OPTIONS = { gain: finite(1), ...INIT } satisfies Options<XavierOptions>

/** gain sqrt(2 / (fanIn + fanOut)), 0 for an empty tensor, and what draws. */
function read(who: string, tensor: Tensor, options: XavierOptions): [number, InitOptions] {
  const { gain, generator } = readOptions(who, OPTIONS, options)
  const { fanIn, fanOut } = fans(who, tensor)
  return [fanIn + fanOut === 0 ? 0 : gain * Math.sqrt(2 / (fanIn + fanOut)), { generator }]
}

/**
 * Uniform in ±gain sqrt(6 / (fanIn + fanOut)), for a weight of shape (out, in, …kernel). Returns the
 * tensor.
 *
 * Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks
 * (2010); https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.xavier_uniform_
 */
export function xavierUniform_<T extends Tensor>(tensor: T, options: XavierOptions = {}): T {
  checkArguments('init.xavierUniform_', 2, arguments)
  const [deviation, drawn] = read('init.xavierUniform_', tensor, options)
  const bound = Math.sqrt(3) * deviation
  return uniform_(tensor, -bound, bound, drawn)
}

/**
 * Normal with standard deviation gain sqrt(2 / (fanIn + fanOut)), for a weight of shape (out, in,
 * …kernel). Returns the tensor.
 *
 * Source: as `xavierUniform_`; https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.xavier_normal_
 */
export function xavierNormal_<T extends Tensor>(tensor: T, options: XavierOptions = {}): T {
  checkArguments('init.xavierNormal_', 2, arguments)
  const [deviation, drawn] = read('init.xavierNormal_', tensor, options)
  return normal_(tensor, 0, deviation, drawn)
}
