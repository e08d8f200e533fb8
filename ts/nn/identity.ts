import type { Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import { Layer } from './layer.js'

/**
 * Returns its input.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Identity.html
 */
export class Identity extends Layer {
  static {
    markBuiltIn(this, () => [])
  }

  protected override computeOutput(input: Tensor): Tensor {
    return input
  }

  protected override computeGradInput(_input: Tensor, gradOutput: Tensor): Tensor {
    return gradOutput
  }
}
