import { checkDim } from '../tensor/axis.js'
import { checkList, optionsOf } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { type BranchModules, Branches } from './branches.js'
import { Parts } from './junction.js'
import { markBuiltIn } from './layer.js'

export interface SplitOptions {
  /** The dimension along which the input is cut and the outputs are joined. Default 1. */
  dim?: number
  /** Sizes of the parts of the input. Default: equal parts. */
  sizes?: readonly number[]
}

/**
 * Cuts the input along a dimension, gives each module its part and joins their outputs along the same
 * dimension:
 *
 * y = concat(m1(x1), m2(x2), …) for (x1, x2, …) = split(x); dx = concat(dx1, dx2, …).
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
    markBuiltIn(this)
  }

  readonly dim: number
  readonly sizes: readonly number[] | null

  /**
   * @throws ValueError when there is no module, a name is bad, or `sizes` are not whole numbers ≥ 0, one
   *   a module. A forward throws ShapeError when the input cannot be cut so.
   */
  constructor(modules: BranchModules, options: SplitOptions = {}) {
    const { dim = 1, sizes: given = null } = optionsOf('Split', options)
    checkDim('Split', dim)
    if (given !== null) checkList('Split', 'sizes', given)
    const sizes = given === null ? null : Object.freeze([...given])
    super(modules, new Parts(dim, sizes), new Parts(dim))
    this.dim = dim
    this.sizes = sizes
    if (
      sizes !== null &&
      (sizes.length !== this.length || sizes.some((size) => !Number.isInteger(size) || size < 0))
    ) {
      throw new ValueError(
        complaint(
          'Split',
          'sizes',
          `${this.length} whole numbers of at least 0, one a module`,
          sizes,
        ),
      )
    }
  }

  override extraRepr(): string {
    return `dim=${this.dim}${this.sizes === null ? '' : `, sizes=[${this.sizes.join(', ')}]`}`
  }
}
