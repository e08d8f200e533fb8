import { checkArguments } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { BinaryKind, Broadcast } from '../kernels/kernels.js'
import { type Options, readOptions, whole } from '../options.js'
import { checkFloat } from '../tensor/create.js'
import { formatShape, noTensor, Tensor } from '../tensor/tensor.js'
import {
  activeWorkspace,
  allocate,
  enterWorkspace,
  sameShape,
  Workspace,
} from '../tensor/workspace.js'
import { describeValue, ownIntermediate } from './container.js'
import { Parts } from './junction.js'
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
  readonly #halves: Parts
  readonly #inverseSpace = new Workspace()

  /** @throws ValueError when h is no module. */
  constructor(
    readonly h: Module,
    options: AdditiveCouplingOptions = {},
  ) {
    checkArguments(new.target.name, 2, arguments)
    super()
    if (!(h instanceof Module)) {
      throw new ValueError(complaint('AdditiveCoupling', 'h', 'a Module', describeValue(h)))
    }
    this.dim = readOptions('AdditiveCoupling', OPTIONS, options).dim
    this.#halves = new Parts(this.dim)
  }

  protected override computeOutput(input: Tensor): Tensor {
    const { pass, h } = this
    return this.#couple(input, pass.forwardSpace, BinaryKind.add, (first) => pass.call(0, h, first))
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
      return this.#couple(y, this.#inverseSpace, BinaryKind.sub, (first) => this.h.forward(first))
    } catch (error) {
      throw located(error, this)
    }
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    return this.#run(this.pass.backwardSpace, (space, outer) => {
      this.#halves.planWhole(this.describe(), input, 2)
      const [first, second] = this.#cut(gradOutput)
      const share = this.#inside(space, () => this.h.backward(this.pass.resume(0, this.h), second))
      this.#check(share, 'what the backward of h returns', first)
      const sum = this.#combined(BinaryKind.add, first, share)
      return this.#joined(sum, second, outer)
    })
  }

  protected override computeGradients(
    input: Tensor,
    gradOutput: Tensor,
    wantsInput: boolean,
  ): Tensor | null {
    if (wantsInput) return super.computeGradients(input, gradOutput, true)
    if (!this.h.trains()) return null
    this.#run(this.pass.backwardSpace, (space) => {
      this.#halves.planWhole(this.describe(), input, 2)
      const second = this.#halves.part(gradOutput, 1)
      this.#inside(space, () => {
        this.h.backwardParameters(this.pass.resume(0, this.h), second)
      })
    })
    return null
  }

  override trains(): boolean {
    return isBuiltIn(this) ? this.h.trains() : super.trains()
  }

  override extraRepr(): string {
    return `dim=${this.dim}`
  }

  /** cat(x1, x2 ± h(x1)). */
  #couple(
    input: Tensor,
    own: Workspace,
    sign: BinaryKind,
    shiftOf: (first: Tensor) => Tensor,
  ): Tensor {
    if (input.dtype !== 'float32') checkFloat(this.describe(), 'input', input.dtype)
    if (activeWorkspace() === null && own.holds(input)) {
      throw ownIntermediate(this.describe())
    }
    this.#halves.planWhole(this.describe(), input, 2)
    return this.#run(own, (space, outer) => {
      const [first, second] = this.#cut(input)
      const shift = this.#inside(space, () => shiftOf(first))
      this.#check(shift, 'what h gives', first)
      return this.#joined(first, this.#combined(sign, second, shift), outer)
    })
  }

  /** Runs `body` in the workspace of the container around, else in `own`, which starts anew. */
  #run<T>(own: Workspace, body: (space: Workspace, outer: Workspace | null) => T): T {
    const outer = activeWorkspace()
    if (outer === null) own.rewind()
    const space = outer ?? own
    enterWorkspace(space)
    try {
      return body(space, outer)
    } finally {
      enterWorkspace(outer)
    }
  }

  /** Runs a pass of h, which is lent the workspace if it is built-in. */
  #inside<T>(space: Workspace, body: () => T): T {
    enterWorkspace(isBuiltIn(this.h) ? space : null)
    try {
      return body()
    } finally {
      enterWorkspace(space)
    }
  }

  #cut(whole: Tensor): [Tensor, Tensor] {
    return [this.#halves.part(whole, 0), this.#halves.part(whole, 1)]
  }

  #combined(sign: BinaryKind, a: Tensor, b: Tensor): Tensor {
    const result = allocate(a.shape, a.dtype)
    kernels().binary({
      kind: sign,
      broadcast: Broadcast.none,
      a,
      b,
      out: result,
      rows: 1,
      cols: a.length,
    })
    return result
  }

  /** The halves together, in memory that is the caller's. */
  #joined(first: Tensor, second: Tensor, outer: Workspace | null): Tensor {
    enterWorkspace(outer)
    return this.#halves.whole([first, second])
  }

  #check(tensor: Tensor, what: string, like: Tensor): void {
    const message = (expected: string, got: string): string =>
      complaint(this.describe(), what, `${expected} as its input has`, got)
    if (!sameShape(tensor.shape, like.shape)) {
      const [expected, got] = [formatShape(like.shape), formatShape(tensor.shape)]
      throw new ShapeError(message(`shape ${expected}`, `shape ${got}`))
    }
    if (tensor.dtype !== like.dtype) {
      throw new DTypeError(message(`dtype ${like.dtype}`, tensor.dtype))
    }
  }
}
