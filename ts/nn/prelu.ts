import { checkArguments, checkCount } from '../check.js'
import type { FloatDType } from '../kernels/dtype.js'
import { finite, floatDType, type Options, readOptions } from '../options.js'
import { prelu } from '../ops/activation.js'
import { full } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import { Module } from './module.js'
import { Parameter } from './parameter.js'

export interface PReLUOptions {
  /** Slopes to begin with. Default 0.25. */
  init?: number
  /** Default `float32`. */
  dtype?: FloatDType
}

const PRELU = { init: finite(0.25), dtype: floatDType() } satisfies Options<PReLUOptions>

/**
 * x where x > 0, weight x elsewhere, with a weight that is learned.
 *
 * Shapes: weight (numParameters): one for all, or one for each place along dimension 1 of the input.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.PReLU.html
 */
export class PReLU extends Module {
  static {
    markBuiltIn(this, ({ numParameters, init, weight }) => [
      numParameters,
      { init, dtype: weight.dtype },
    ])
  }

  weight: Parameter
  readonly init: number

  /** @param numParameters Default 1. */
  constructor(
    readonly numParameters = 1,
    options: PReLUOptions = {},
  ) {
    checkArguments(new.target.name, 2, arguments)
    super()
    checkCount('PReLU', 'numParameters', numParameters, 1)
    const { init, dtype } = readOptions('PReLU', PRELU, options)
    this.init = init
    this.weight = new Parameter(full([numParameters], init, { dtype }))
  }

  override forward(input: Tensor): Tensor {
    return prelu(input, this.weight)
  }

  override extraRepr(): string {
    return String(this.numParameters)
  }
}
