import { checkArguments } from '../../check.js'
import { choice, type Options, readOptions, unchecked } from '../../options.js'
import type { Tensor } from '../../tensor/tensor.js'
import { calculateGain, type FanMode, fans, type Nonlinearity } from './fan.js'
import { INIT, type InitOptions, normal_, uniform_ } from './fill.js'

export interface KaimingOptions extends InitOptions {
  /** Negative slope of the leaky ReLU that follows. Default 0. */
  a?: number
  /** Whether to keep the variance of the forward (`fanIn`, default) or of the backward pass. */
  mode?: FanMode
  /** Default `leaky_relu`, with slope `a`. */
  nonlinearity?: Nonlinearity
}

const OPTIONS = {
  a: unchecked(0),
  mode: choice(['fanIn', 'fanOut'], 'fanIn'),
  nonlinearity: unchecked<Nonlinearity>('leaky_relu'),
  ...INIT,
} satisfies Options<KaimingOptions>

/** Standard deviation gain / sqrt(fan), 0 for an empty tensor, and what draws. */
function read(who: string, tensor: Tensor, options: KaimingOptions): [number, InitOptions] {
  const { a, mode, nonlinearity, generator } = readOptions(who, OPTIONS, options)
  const fan = fans(who, tensor)[mode]
  return [fan === 0 ? 0 : calculateGain(nonlinearity, a) / Math.sqrt(fan), { generator }]
}

/**
 * Uniform in ±gain sqrt(3 / fan), for a weight of shape (out, in, …kernel). Returns the tensor.
 *
 * Source: He et al., Delving deep into rectifiers (2015);
 * https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.kaiming_uniform_
 */
export function kaimingUniform_<T extends Tensor>(tensor: T, options: KaimingOptions = {}): T {
  checkArguments('init.kaimingUniform_', 2, arguments)
  const [deviation, drawn] = read('init.kaimingUniform_', tensor, options)
  const bound = Math.sqrt(3) * deviation
  return uniform_(tensor, -bound, bound, drawn)
}

/**
 * Normal with standard deviation gain / sqrt(fan), for a weight of shape (out, in, …kernel). Returns
 * the tensor.
 *
 * Source: He et al., Delving deep into rectifiers (2015);
 * https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.kaiming_normal_
 */
export function kaimingNormal_<T extends Tensor>(tensor: T, options: KaimingOptions = {}): T {
  checkArguments('init.kaimingNormal_', 2, arguments)
  const [deviation, drawn] = read('init.kaimingNormal_', tensor, options)
  return normal_(tensor, 0, deviation, drawn)
}
