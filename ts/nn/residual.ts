import { checkArguments } from '../check.js'
import { type Options, readOptions, unchecked } from '../options.js'
import { Identity } from './identity.js'
import { markBuiltIn } from './built-in.js'
import type { TensorModule } from './module.js'
import { Parallel } from './parallel.js'

export interface ResidualOptions {
  /** What the input goes through on its way past the module, a projection say. Default: nothing. */
  shortcut?: TensorModule
}

const OPTIONS = { shortcut: unchecked<TensorModule>() } satisfies Options<ResidualOptions>

/**
 * Adds a module's output to its input:
 *
 * y = module(x) + shortcut(x); dx = the sum of both gradients, dmodule + dy without a shortcut.
 *
 * Shapes: the module gives the shape of the input, or of what the shortcut gives.
 *
 * @example
 * new nn.Residual(new nn.Sequential(new nn.Linear(64, 64), new nn.ReLU(), new nn.Linear(64, 64)))
 * new nn.Residual(block, { shortcut: new nn.Conv2d(16, 32, 1, { stride: 2 }) })
 *
 * Source: He et al., Deep residual learning for image recognition (2016).
 */
export class Residual extends Parallel {
  static {
    markBuiltIn(this, (residual) => [
      residual.get('module')!,
      { shortcut: residual.get('shortcut') },
    ])
  }

  /** @throws ValueError when one is no module. */
  constructor(module: TensorModule, options: ResidualOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    const { shortcut } = readOptions('Residual', OPTIONS, options)
    super({ module, shortcut: shortcut ?? new Identity() })
  }
}
