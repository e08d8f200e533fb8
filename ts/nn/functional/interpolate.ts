import { checkArguments } from '../../check.js'
import type { Tensor } from '../../tensor/tensor.js'
import { Upsample, type UpsampleOptions } from '../upsample2d.js'

/**
 * `nn.Upsample` as a function.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html
 */
export function interpolate(x: Tensor, options: UpsampleOptions): Tensor {
  checkArguments('interpolate', 2, arguments)
  return new Upsample(options).forward(x)
}
