import { checkArguments } from '../check.js'
import { type Options, readOptions, whole } from '../options.js'
import { cat } from '../ops/cat.js'
import type { Tensor } from '../tensor/tensor.js'
import { type BranchModules, Branches } from './branches.js'
import { markBuiltIn } from './built-in.js'

export interface ConcatOptions {
  /** The dimension along which the outputs are joined. Default 1. */
  dim?: number
}

const OPTIONS = { dim: whole(-Infinity, 1) } satisfies Options<ConcatOptions>

/**
 * Gives every module the same input and joins their outputs along a dimension, as in an Inception
 * block:
 *
 * y = cat(m1(x), m2(x), …); dx = dx1 + dx2 + ….
 *
 * Shapes: the outputs may have any size along `dim` and must agree in all others.
 *
 * @example
 * new nn.Concat([new nn.Conv2d(16, 8, 1), new nn.Conv2d(16, 24, 3, { padding: 1 })]) // 32 channels
 *
 * Source: Szegedy et al., Going deeper with convolutions (2015).
 */
export class Concat extends Branches {
  static {
    markBuiltIn(this, (concat) => [Object.fromEntries(concat.namedChildren()), { dim: concat.dim }])
  }

  readonly dim: number

  /** @throws ValueError when there is no module or a name is bad. */
  constructor(modules: BranchModules, options: ConcatOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    const { dim } = readOptions('Concat', OPTIONS, options)
    super(modules)
    this.dim = dim
  }

  override forward(input: Tensor): Tensor {
    const outputs = Array.from(this, (module) => module.forward(input))
    return cat(outputs, this.dim)
  }

  override extraRepr(): string {
    return `dim=${this.dim}`
  }
}
