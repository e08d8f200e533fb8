import { checkArguments } from '../check.js'
import { list, type Options, readOptions, whole } from '../options.js'
import { complaint, ValueError } from '../errors.js'
import { cat } from '../ops/cat.js'
import { split } from '../ops/split.js'
import { equalSizes } from '../tensor/partition.js'
import type { Tensor } from '../tensor/tensor.js'
import { type BranchModules, Branches } from './branches.js'
import { markBuiltIn } from './built-in.js'

export interface SplitOptions {
  /** The dimension along which the input is cut and the outputs are joined. Default 1. */
  dim?: number
  /** Sizes of the parts of the input. Default: equal parts. */
  sizes?: readonly number[]
}

const OPTIONS = {
  dim: whole(-Infinity, 1),
  sizes: list(whole(0)),
} satisfies Options<SplitOptions>

/**
 * Cuts the input along a dimension, gives each module its part and joins their outputs along the same
 * dimension:
 *
 * y = cat(m1(x1), m2(x2), …) for (x1, x2, …) = split(x); dx = cat(dx1, dx2, …).
 *
 * Shapes: the parts of the input have `sizes` along `dim`; the outputs may have any size there and must
 * agree in all others.
 *
 * @example
 * // a transform of one half of the channels
 * new nn.Split([new nn.Identity(), new nn.Conv2d(8, 8, 3, { padding: 1 })])
 */
export class Split extends Branches {
  static {
    markBuiltIn(this, (split) => [
      Object.fromEntries(split.namedChildren()),
      { dim: split.dim, sizes: split.sizes ?? undefined },
    ])
  }

  readonly dim: number
  readonly sizes: readonly number[] | null

  /**
   * @throws ValueError when there is no module, a name is bad, or `sizes` are not whole numbers ≥ 0, one
   *   a module. A forward throws ShapeError when the input cannot be cut so.
   */
  constructor(modules: BranchModules, options: SplitOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    const { dim, sizes: given } = readOptions('Split', OPTIONS, options)
    const sizes = given === undefined ? null : Object.freeze([...given])
    super(modules)
    this.dim = dim
    this.sizes = sizes
    if (sizes !== null && sizes.length !== this.length) {
      const expected = `${this.length} whole numbers of at least 0, one a module`
      throw new ValueError(complaint('Split', 'sizes', expected, sizes))
    }
  }

  override forward(input: Tensor): Tensor {
    const { dim, length, sizes } = this
    const parts = split(input, sizes ?? equalSizes(this.describe(), input.shape, dim, length), dim)
    const outputs = Array.from(this, (module, i) => module.forward(parts[i]!))
    return cat(outputs, dim)
  }

  override extraRepr(): string {
    return `dim=${this.dim}${this.sizes === null ? '' : `, sizes=[${this.sizes.join(', ')}]`}`
  }
}
