import { checkArguments } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { type Options, readOptions, whole } from '../options.js'
import { add, sub } from '../ops/binary.js'
import { cat } from '../ops/cat.js'
import { split } from '../ops/split.js'
import { checkFloat } from '../tensor/create.js'
import { equalSizes } from '../tensor/partition.js'
import { formatShape, noTensor, Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { isBuiltIn, markBuiltIn } from './built-in.js'
import { located } from './locate.js'
import { Module } from './module.js'

export interface AdditiveCouplingOptions {
  /** The dimension along which the input is halved. Default 1. */
  dim?: number
}

const OPTIONS = { dim: whole(-Infinity, 1) } satisfies Options<AdditiveCouplingOptions>

/**
 * An invertible layer around any module h:
 *
 * x1, x2 = the halves of x; y1 = x1, y2 = x2 + h(x1); y = cat(y1, y2).
 *
 * Its inverse is x1 = y1, x2 = y2 - h(y1), whatever h is. The gradients are dx1 = dy1 + h'(x1)ᵀ dy2 and
 * dx2 = dy2; the parameters of h get those of dy2.
 *
 * Shapes: any with an even size along `dim`; h gives the shape of its input.
 *
 * @example
 * const layer = new nn.AdditiveCoupling(new nn.Sequential(new nn.ReLU(), new nn.Conv2d(4, 4, 1)))
 * layer.inverse(layer.forward(x)) // x, but for the rounding of one addition
 *
 * Source: Dinh et al., NICE: Non-linear independent components estimation (2014).
 */
export class AdditiveCoupling extends Module {
  static {
    markBuiltIn(this, ({ h, dim }) => [h, { dim }])
  }

  readonly dim: number

  /** @throws ValueError when h is no module. */
  constructor(
    readonly h: Module,
    options: AdditiveCouplingOptions = {},
  ) {
    checkArguments(new.target.name, 2, arguments)
    super()
    if (!(h instanceof Module)) {
      throw new ValueError(complaint('AdditiveCoupling', 'h', 'a Module', h))
    }
    this.dim = readOptions('AdditiveCoupling', OPTIONS, options).dim
  }

  protected override get isLent(): boolean {
    return true
  }

  override forward(input: Tensor): Tensor {
    const [first, second] = this.#halves(input)
    return cat([first, add(second, this.#shift(first))], this.dim)
  }

  /**
   * The x whose output is y: exact but for the rounding of the addition and of this subtraction. h must
   * compute what it computed in `forward`, so dropout wants evaluation mode.
   *
   * @throws ShapeError, DTypeError as `forward`.
   */
  inverse(y: Tensor): Tensor {
    try {
      if (!(y instanceof Tensor)) throw noTensor(this.describe(), 'y', y)
      const [first, second] = this.#halves(y)
      return cat([first, sub(second, this.#shift(first))], this.dim)
    } catch (error) {
      throw located(error, this)
    }
  }

  override trains(): boolean {
    return isBuiltIn(this) ? this.h.trains() : super.trains()
  }

  override extraRepr(): string {
    return `dim=${this.dim}`
  }

  #halves(whole: Tensor): [Tensor, Tensor] {
    const who = this.describe()
    if (whole.dtype !== 'float32') checkFloat(who, 'input', whole.dtype)
    return split(whole, equalSizes(who, whole.shape, this.dim, 2), this.dim) as [Tensor, Tensor]
  }

  /** h(x1). */
  #shift(first: Tensor): Tensor {
    const shift = this.h.forward(first)
    const message = (expected: string, got: string): string =>
      complaint(this.describe(), 'what h gives', `${expected} as its input has`, got)
    if (!sameShape(shift.shape, first.shape)) {
      const [expected, got] = [formatShape(first.shape), formatShape(shift.shape)]
      throw new ShapeError(message(`shape ${expected}`, `shape ${got}`))
    }
    if (shift.dtype !== first.dtype) {
      throw new DTypeError(message(`dtype ${first.dtype}`, shift.dtype))
    }
    return shift
  }
}
