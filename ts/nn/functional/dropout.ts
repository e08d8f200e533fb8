import { checkArguments } from '../../check.js'
import { flag, type Options, readOptions } from '../../options.js'
import { type Generator, generatorOption } from '../../random/generator.js'
import type { Tensor } from '../../tensor/tensor.js'
import { Dropout, Dropout1d, Dropout2d, type DropoutOptions } from '../dropout.js'
import type { Module } from '../module.js'

export interface DropoutFunctionOptions {
  /** Whether anything is dropped. Default true. */
  training?: boolean
  /** Draws what is dropped. Default: the default generator. */
  generator?: Generator
}

const OPTIONS = {
  training: flag(true),
  generator: generatorOption,
} satisfies Options<DropoutFunctionOptions>

function dropped(
  who: string,
  layer: new (p: number, options: DropoutOptions) => Module,
  x: Tensor,
  p: number,
  options: DropoutFunctionOptions | undefined,
): Tensor {
  const { training, generator } = readOptions(who, OPTIONS, options)
  return new layer(p, generator === undefined ? {} : { generator }).train(training).forward(x)
}

/**
 * `nn.Dropout` as a function. In a module it is given `{ training: this.training }`.
 *
 * @param p Probability of a zero. Default 0.5.
 */
export function dropout(x: Tensor, p = 0.5, options?: DropoutFunctionOptions): Tensor {
  checkArguments('dropout', 3, arguments)
  return dropped('dropout', Dropout, x, p, options)
}

/** `nn.Dropout1d` as a function; see `dropout`. */
export function dropout1d(x: Tensor, p = 0.5, options?: DropoutFunctionOptions): Tensor {
  checkArguments('dropout1d', 3, arguments)
  return dropped('dropout1d', Dropout1d, x, p, options)
}

/** `nn.Dropout2d` as a function; see `dropout`. */
export function dropout2d(x: Tensor, p = 0.5, options?: DropoutFunctionOptions): Tensor {
  checkArguments('dropout2d', 3, arguments)
  return dropped('dropout2d', Dropout2d, x, p, options)
}
