import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { notePass } from '../kernels/backend.js'
import { formatShape, noTensor, Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { located } from './locate.js'
import { enterPass, Pass, runningPass } from '../tensor/pass.js'
import { ModuleTree } from './module-tree.js'

/**
 * Base class of everything that has a forward and a backward pass.
 *
 * A layer writes `computeOutput` and `computeGradInput`, and `updateGradParameters` if it has
 * parameters. Properties that hold a `Parameter` or a `Module`, or an array of them, are found by
 * `parameters()`, `children()` and all that builds on them; nothing has to be registered.
 *
 * `forward` keeps the input and `output` until the next `forward`, because `backward` needs them. A
 * tensor that a container passes to its children belongs to the container and is overwritten by its
 * next pass: keep a `clone()` of what must last longer.
 *
 * @example
 * class Scale extends nn.Module {
 *   factor = new nn.Parameter(ones([1]))
 *   computeOutput(input: Tensor) {
 *     return mul(input, this.factor)
 *   }
 *   computeGradInput(input: Tensor, gradOutput: Tensor) {
 *     return mul(gradOutput, this.factor)
 *   }
 *   override updateGradParameters(input: Tensor, gradOutput: Tensor) {
 *     this.factor.addGrad(sum(mul(input, gradOutput)).reshape([1]))
 *   }
 * }
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Module.html
 */
export abstract class Module extends ModuleTree<Module> {
  /** The last call, or the one whose backward pass is at work. */
  #pass: Pass | null = null
  /** That of calls outside of every other. */
  #own: Pass | null = null
  /** Whether the class has a `backward` of a user's own. */
  readonly #hasOwnBackward =
    Reflect.get(this, 'backward') !== Reflect.get(Module.prototype, 'backward')

  /** Result of the last `forward`; null before the first, and after a capture, which computes none. */
  get output(): Tensor | null {
    const pass = this.#current()
    return pass?.isDone === true ? pass.output : null
  }

  /**
   * The call that a hook is at work for, with what its forward has kept for its backward. Apart from that
   * nothing of a call belongs into the module, which may be called any number of times before a backward.
   */
  protected get pass(): Pass {
    return this.#current()!
  }

  #current(): Pass | null {
    const running = runningPass()
    return running?.module === this ? running : this.#pass
  }

  /** The function of the layer. */
  protected abstract computeOutput(input: Tensor): Tensor

  /**
   * Gradient by the input, from the gradient by the output. `this.output` is the output for `input`.
   */
  protected abstract computeGradInput(input: Tensor, gradOutput: Tensor): Tensor

  /** Adds this pass's share to the gradients of the parameters. Does nothing by default. */
  protected updateGradParameters(_input: Tensor, _gradOutput: Tensor): void {}

  /**
   * The backward pass: adds to the gradients of the parameters and returns the gradient by the input. By
   * default `updateGradParameters` and then `computeGradInput`.
   *
   * @param wantsInput Whether somebody needs the gradient by the input; null will do where nobody does.
   * @internal
   */
  protected computeGradients(
    input: Tensor,
    gradOutput: Tensor,
    _wantsInput: boolean,
  ): Tensor | null {
    this.updateGradParameters(input, gradOutput)
    return this.computeGradInput(input, gradOutput)
  }

  /**
   * Runs the module on a batch.
   *
   * @throws ShapeError, DTypeError when the input does not fit; the message names the module's path.
   */
  forward(input: Tensor): Tensor {
    const outer = runningPass()
    try {
      if (!(input instanceof Tensor)) throw noTensor(this.describe(), 'input', input)
      notePass(this)
      const pass = outer === null ? (this.#own ??= new Pass(this, null)) : outer.inside(this)
      pass.begin()
      this.#pass = pass
      enterPass(pass)
      const output = this.computeOutput(input)
      if (!(output instanceof Tensor)) throw this.#noResult('computeOutput', output)
      pass.end(output, input)
      return output
    } catch (error) {
      throw located(error, this)
    } finally {
      enterPass(outer)
    }
  }

  /**
   * The backward pass for the last `forward`: adds to the gradients of the parameters and returns the
   * gradient by the input. Inside of another module's backward pass it is that of the call with `input`
   * in that module's forward; of several with the same input the last, then the one before.
   *
   * @param input What `forward` was called with.
   * @param gradOutput Gradient of the loss by the output; has its shape.
   * @throws ValueError when `input` is not that of the last `forward`.
   * @throws ShapeError, DTypeError when `gradOutput` is not like the output.
   */
  backward(input: Tensor, gradOutput: Tensor): Tensor {
    return this.#runBackward(input, gradOutput, true)!
  }

  /**
   * `backward` for those who need no gradient by the input, as a training loop does not. Built-in
   * modules leave out its computation.
   *
   * @throws as `backward`.
   */
  backwardParameters(input: Tensor, gradOutput: Tensor): void {
    if (this.#hasOwnBackward) this.backward(input, gradOutput)
    else this.#runBackward(input, gradOutput, false)
  }

  #runBackward(input: Tensor, gradOutput: Tensor, wantsInput: boolean): Tensor | null {
    const outer = runningPass()
    try {
      const pass = this.#passOf(input, outer)
      this.#checkGradient(gradOutput, pass.output!)
      this.#pass = pass
      pass.beginBackward()
      enterPass(pass)
      const gradInput = this.computeGradients(input, gradOutput, wantsInput)
      if (wantsInput && !(gradInput instanceof Tensor)) {
        throw this.#noResult('computeGradInput', gradInput)
      }
      return gradInput
    } catch (error) {
      throw located(error, this)
    } finally {
      enterPass(outer)
    }
  }

  #noResult(method: string, got: unknown): ValueError {
    return new ValueError(complaint(this.describe(), `what ${method} returns`, 'a Tensor', got))
  }

  /** The call that a backward pass belongs to: the last one, or inside of another's one of those made there. */
  #passOf(input: Tensor, outer: Pass | null): Pass {
    const last = this.#pass
    const fits = last !== null && input instanceof Tensor && last.isOf(input)
    if (fits && (outer === null || (last.outer === outer && last.backwards === 0))) return last
    const inside = input instanceof Tensor ? outer?.find(this, input) : null
    if (inside) return inside
    if (fits) return last
    throw new ValueError(
      complaint(
        this.describe(),
        'the input of backward',
        'the tensor that the last forward was called with',
        last?.isDone !== true ? 'a backward before any forward' : 'another one',
        'call forward with this input first; a forward in between, for an evaluation say, replaces it',
      ),
    )
  }

  #checkGradient(gradOutput: Tensor, output: Tensor): void {
    if (!(gradOutput instanceof Tensor)) throw noTensor(this.describe(), 'gradOutput', gradOutput)
    if (!sameShape(gradOutput.shape, output.shape)) {
      throw new ShapeError(
        complaint(
          this.describe(),
          'gradOutput',
          `of the output's shape ${formatShape(output.shape)}`,
          `shape ${formatShape(gradOutput.shape)}`,
        ),
      )
    }
    if (gradOutput.dtype !== output.dtype) {
      throw new DTypeError(
        complaint(
          this.describe(),
          'gradOutput',
          `${output.dtype} as the output is`,
          gradOutput.dtype,
        ),
      )
    }
  }

  /**
   * Makes a call the one that the next `backward` belongs to; null: that it needs a forward first.
   *
   * @internal
   */
  resume(pass: Pass | null): void {
    this.#pass = pass
    if (pass !== null) pass.backwards = 0
  }
}
