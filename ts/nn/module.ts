import { complaint, ValueError } from '../errors.js'
import { notePass } from '../kernels/backend.js'
import { Calls, type Callee, joinCall } from '../autograd/call.js'
import { mapTensors, tensorsOf } from '../autograd/free-call.js'
import { isGradEnabled, setGradEnabled } from '../autograd/grad-mode.js'
import type { Gradient } from '../autograd/node.js'
import { enterPass, Pass, passOf, runningPass } from '../tensor/pass.js'
import { noTensor, Tensor } from '../tensor/tensor.js'
import { activeWorkspace, enterWorkspace } from '../tensor/workspace.js'
import { isBuiltIn } from './built-in.js'
import {
  argumentsOf,
  type CallOptions,
  gradientList,
  severalOf,
  takeOptions,
} from './call-options.js'
import { ForwardHooks } from './forward-hooks.js'
import {
  type Body,
  graphGradients,
  leaveGraph,
  type Method,
  type OwnPasses,
  runFree,
  runLent,
  runOwn,
} from './free-pass.js'
import { located } from './locate.js'
import { checkGradient, checkInputGradients, checkParts } from './module-checks.js'
import { ModuleTree } from './module-tree.js'
import type { Given, InputGradients, Inputs, OutputGradients, Outputs } from './module-types.js'
import { takeOwnMethods } from './own-methods.js'

export type { Given, InputGradients, Inputs, OutputGradients, Outputs } from './module-types.js'

/** Called before a module's forward; what it returns takes the place of the inputs. */
export type ForwardPreHook<I extends Inputs> = (
  module: Module<never, never>,
  inputs: I,
) => Tensor | I | null | undefined

/** Called after a module's forward; what it returns takes the place of the output. */
export type ForwardHook<I extends Inputs, O extends Outputs> = (
  module: Module<never, never>,
  inputs: I,
  output: O,
) => O | null | undefined

/**
 * Base class of everything that has a forward and a backward pass.
 *
 * A model writes `forward` with functions of tensors and other modules, and its gradients are those of the
 * graph. Properties that hold a `Parameter` or a `Module`, or an array of them, are found by
 * `parameters()`, `children()` and all that builds on them; nothing has to be registered.
 *
 * @example
 * class Block extends nn.Module {
 *   linear = new nn.Linear(64, 64)
 *   forward(x: Tensor) {
 *     return add(tanh(this.linear.forward(x)), x)
 *   }
 * }
 * criterion.forward(new Block().forward(x), y).backward()
 *
 * A layer that knows its gradients better writes `computeOutput` and `computeGradInput`, and
 * `updateGradParameters` if it has parameters. `forward` keeps the input and `output` until the next
 * `forward`, because `backward` needs them. A tensor that a container passes to its children belongs to the
 * container and is overwritten by its next pass: keep a `clone()` of what must last longer.
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
 * A module of several inputs or outputs says so in its type, and its hooks take and give all of them:
 *
 * @example
 * class Sum extends nn.Module<[a: Tensor, b: Tensor]> {
 *   computeOutput(a: Tensor, b: Tensor) {
 *     return add(a, b)
 *   }
 *   computeGradInput(a: Tensor, b: Tensor, gradOutput: Tensor): [Tensor, Tensor] {
 *     return [gradOutput, gradOutput]
 *   }
 * }
 *
 * Behind its inputs a `forward` may take an object of options. The tensors in it count as inputs:
 *
 * @example
 * class Masked extends nn.Module<[x: Tensor, options?: { mask?: Tensor }]> {
 *   forward(x: Tensor, options?: { mask?: Tensor }) {
 *     return options?.mask ? mul(x, options.mask) : x
 *   }
 * }
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Module.html
 */
export abstract class Module<I extends Inputs = Tensor[], O extends Outputs = Tensor>
  extends ModuleTree<Module>
  implements Callee
{
  /** The last call, or the one whose backward pass is at work. */
  #pass: Pass | null = null
  /** Calls outside of every other. */
  readonly #calls = new Calls(this)
  /**
   * Whether the class is one of the library's.
   *
   * @internal
   */
  get isBuiltIn(): boolean {
    return this.#isBuiltIn
  }

  readonly #isBuiltIn = isBuiltIn(this)
  /** What is called in the place of the hooks where a class has a `forward` of its own. */
  readonly #own: OwnPasses | null
  /** Whether the class has a `backward` of a user's own. */
  readonly #hasOwnBackward: boolean
  #hooks: ForwardHooks | null = null
  /** What calls that are run again are made inside of. */
  #repeated: Pass | null = null
  /** Whether the next forward is that which hooks stand around. */
  #isInner = false

  constructor() {
    super()
    const { passes, hasBackward } = takeOwnMethods(this, Module.prototype)
    this.#own = passes
    this.#hasOwnBackward = hasBackward
  }

  /**
   * Whether a free `forward` keeps no tensor, so that what it computes may lie in memory that is used again:
   * its call is one node then, as that of a layer.
   *
   * @internal
   */
  protected get isLent(): boolean {
    return false
  }

  /** Result of the last `forward`; null before the first, and after a capture, which computes none. */
  get output(): O | null {
    const pass = this.#current()
    return pass?.isDone === true ? (pass.output as O) : null
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
  protected computeOutput(..._inputs: I): O {
    throw this.#without('forward, or computeOutput and computeGradInput')
  }

  /**
   * Gradient by the input, from the gradient by the output; `this.output` is the output for `input`. Of
   * several inputs a list, with null for those that have no gradient, such as indices.
   */
  protected computeGradInput(..._given: Given<I, O>): InputGradients<I> {
    throw this.#without('computeGradInput beside computeOutput')
  }

  /** Adds this pass's share to the gradients of the parameters. Does nothing by default. */
  protected updateGradParameters(..._given: Given<I, O>): void {}

  /**
   * The backward pass: adds to the gradients of the parameters and returns the gradient by the input. By
   * default `updateGradParameters` and then `computeGradInput`.
   *
   * @param wantsInput Whether somebody needs the gradient by the input; null will do where nobody does.
   * @param several Of several inputs all of them.
   * @internal
   */
  protected computeGradients(
    input: Tensor,
    gradOutput: OutputGradients<O>,
    _wantsInput: boolean,
    several: Inputs | null = null,
  ): InputGradients<I> | null {
    const given = [...(several ?? [input]), gradOutput] as unknown as Given<I, O>
    const backward = this.#own?.backward
    if (backward) return backward.apply(this, given) as InputGradients<I>
    this.updateGradParameters(...given)
    return this.computeGradInput(...given)
  }

  /**
   * Runs the module on a batch.
   *
   * @throws ShapeError, DTypeError when the input does not fit; the message names the module's path.
   */
  forward(...inputs: I): O
  forward(input?: unknown, ...others: never): unknown {
    // One input is passed on as it is: a list for each call of each layer costs a small step a tenth of its time.
    const given = lengthOf(others) > 0 ? ([input, ...others] as unknown[]) : null
    const outer = runningPass()
    const space = activeWorkspace()
    try {
      if (!(input instanceof Tensor)) throw noTensor(this.describe(), 'input', input)
      const options = given === null ? null : this.#takeOptions(given)
      const several = given === null ? null : severalOf(this, given, options)
      notePass(this)
      const before = trainings
      const hooks = this.#isInner ? null : this.#hooks
      this.#isInner = false
      // Code of a user's own gets tensors of its own.
      if (space !== null && (hooks !== null || !this.#isBuiltIn)) enterWorkspace(null)
      const pass = outer === null ? (hooks?.calls ?? this.#calls).take() : outer.inside(this)
      pass.begin()
      let output: unknown
      if (hooks !== null || this.#own !== null) {
        output = this.#runBody(hooks, pass, outer, several ?? [input], options)
      } else {
        enterPass(pass)
        const own = this as unknown as Hooks
        output =
          several === null
            ? own.computeOutput(input)
            : own.computeOutput(...argumentsOf(several, options))
        if (pass.graph !== null) leaveGraph(pass)
        if (this.training) trainings++
      }
      if (!(output instanceof Tensor))
        checkParts(this, this.#own ? 'forward' : 'computeOutput', output)
      // The graph of a free forward is part of that around, unless it stands apart.
      const isNode = pass.graph === null || pass.graph.isApart
      const joins = outer === null && isNode && isGradEnabled()
      if (joins && !this.#isBuiltIn) output = mapTensors(output, (tensor) => tensor.detach())
      pass.end(output, input, several, options)
      pass.isTraining = trainings !== before
      // A layer that gives its input back leaves it its history.
      if (joins && output !== input) this.#join(pass, output)
      this.#pass = pass
      return output
    } catch (error) {
      throw located(error, this)
    } finally {
      enterPass(outer)
      enterWorkspace(space)
    }
  }

  /** Options at the end of the arguments. One of the library's own classes takes those that it names. */
  #takeOptions(given: unknown[]): CallOptions | null {
    const options = takeOptions(given)
    if (options === null || !this.#isBuiltIn) return options
    const taken = this.#own?.forward.length ?? (this as unknown as Hooks).computeOutput.length
    if (taken > given.length) return options
    throw noTensor(this.describe(), `input ${given.length}`, options)
  }

  /** Calls a `forward` of the class's own, or any with hooks around it. */
  #runBody(
    hooks: ForwardHooks | null,
    pass: Pass,
    outer: Pass | null,
    inputs: readonly Tensor[],
    options: CallOptions | null,
  ): unknown {
    if (this.training || hooks !== null || !this.#isBuiltIn) trainings++
    if (hooks !== null) {
      // As one function of tensors, so that what they put in has its gradient.
      const inner = (given: readonly unknown[]): unknown => this.#runInner(given)
      return runFree(pass, outer !== null, inputs, (...given) =>
        hooks.run(this, argumentsOf(given, options), inner),
      )
    }
    const own = this.#own!
    const body: Body = (...given) => own.forward.apply(this, argumentsOf(given, options))
    if (own.backward !== null) return runOwn(pass, inputs, body)
    if (this.isLent && this.#isBuiltIn) return runLent(this, pass, inputs, body)
    return runFree(pass, outer !== null, inputs, body)
  }

  /** The forward without its hooks. */
  #runInner(given: readonly unknown[]): unknown {
    this.#isInner = true
    try {
      return (Reflect.get(Module.prototype, 'forward') as Method).apply(this, [...given])
    } finally {
      this.#isInner = false
    }
  }

  #join(pass: Pass, output: unknown): void {
    if (output instanceof Tensor) {
      joinCall(this.#calls, pass, output, [])
      return
    }
    const [first, ...others] = tensorsOf(output)
    joinCall(this.#calls, pass, first!, others)
  }

  /**
   * Runs the forward of a call again, whose pass another one has taken over.
   *
   * @internal
   */
  repeat(inputs: readonly Tensor[], options: CallOptions | null): Pass {
    const around = (this.#repeated ??= new Pass(this, null))
    around.begin()
    const outer = enterPass(around)
    const mode = setGradEnabled(true)
    try {
      this.#runInner(argumentsOf(inputs, options))
    } finally {
      setGradEnabled(mode)
      enterPass(outer)
    }
    return this.#pass!
  }

  /**
   * Gradients by the inputs of a call that stands in a graph.
   *
   * @internal
   */
  differentiate(
    pass: Pass,
    gradients: readonly Gradient[],
    wants: readonly boolean[],
  ): readonly Gradient[] {
    const last = this.#pass
    try {
      this.resume(pass)
      const { options } = pass
      const inputs = pass.several ?? [pass.input!]
      let next = 0
      const gradOutput =
        pass.output instanceof Tensor
          ? gradients[0]!
          : mapTensors(pass.output, () => gradients[next++]!)
      const given = [...argumentsOf(inputs, options), gradOutput] as never
      if (!wants.includes(true)) {
        this.backwardParameters(...given)
        return []
      }
      const found: unknown = this.backward(...given)
      const list =
        options !== null ? gradientList(found, options) : found instanceof Tensor ? [found] : found
      if (!this.#isBuiltIn) checkInputGradients(this, inputs, list as Gradient[])
      return list as Gradient[]
    } catch (error) {
      throw located(error, this)
    } finally {
      this.#pass = last
    }
  }

  /**
   * The backward pass for the last `forward`: adds to the gradients of the parameters and returns the
   * gradient by the input. Inside of another module's backward pass it is that of the call with `input`
   * in that module's forward; of several with the same input the last, then the one before.
   *
   * @param given What `forward` was called with, then the gradient of the loss by the output, which has
   *   its shape; for several outputs their form, with null for a gradient of 0.
   * @throws ValueError when `input` is not that of the last `forward`.
   * @throws ShapeError, DTypeError when `gradOutput` is not like the output.
   */
  backward(...given: Given<I, O>): InputGradients<I>
  backward(input?: unknown, second?: unknown, ...others: never): unknown {
    if (lengthOf(others) === 0) return this.#runBackward(input, second, true, null)
    const [gradOutput, given] = apart([input, second, ...(others as unknown[])])
    return this.#runBackward(input, gradOutput, true, given)
  }

  /**
   * `backward` for those who need no gradient by the input, as a training loop does not. Built-in
   * modules leave out its computation.
   *
   * @throws as `backward`.
   */
  backwardParameters(...given: Given<I, O>): void
  backwardParameters(input?: unknown, second?: unknown, ...others: never): void {
    if (this.#hasOwnBackward) this.backward(...([input, second, ...others] as never))
    else if (lengthOf(others) === 0) this.#runBackward(input, second, false, null)
    else {
      const [gradOutput, given] = apart([input, second, ...(others as unknown[])])
      this.#runBackward(input, gradOutput, false, given)
    }
  }

  #runBackward(
    input: unknown,
    gradOutput: unknown,
    wantsInput: boolean,
    given: unknown[] | null,
  ): InputGradients<I> | null {
    const outer = runningPass()
    const space = activeWorkspace()
    try {
      if (space !== null && !this.#isBuiltIn) enterWorkspace(null)
      const options = given === null ? null : takeOptions(given)
      const several = given === null ? null : severalOf(this, given, options)
      const pass = passOf(this, this.#pass, input, several, outer)
      checkGradient(this, 'gradOutput', gradOutput, pass.output as Outputs)
      this.#pass = pass
      pass.beginBackward()
      pass.isSpent = true
      enterPass(pass)
      const gradients = this.#isOfGraph(pass)
        ? (graphGradients(this, pass, gradOutput, wantsInput) as InputGradients<I> | null)
        : this.computeGradients(
            input as Tensor,
            gradOutput as OutputGradients<O>,
            wantsInput,
            several === null ? null : (argumentsOf(several, pass.options) as Inputs),
          )
      this.#pass = pass
      if (wantsInput && (several !== null || !(gradients instanceof Tensor))) {
        const list = pass.options === null ? gradients : gradientList(gradients, pass.options)
        const count = several?.length ?? 1
        const one: unknown = count === 1 && Array.isArray(list) ? list[0] : list
        if (count > 1 || !(one instanceof Tensor)) checkParts(this, 'computeGradInput', one, count)
      }
      return gradients
    } catch (error) {
      throw located(error, this)
    } finally {
      enterPass(outer)
      enterWorkspace(space)
    }
  }

  /** Whether the backward of a call is that of its graph. */
  #isOfGraph(pass: Pass): boolean {
    return pass.graph !== null || (this.#own !== null && this.#own.backward === null)
  }

  #without(what: string): ValueError {
    return new ValueError(
      complaint(this.constructor.name, 'the class', `to have ${what}`, 'neither'),
    )
  }

  /**
   * Has a function called after every forward, with the module, its inputs and its output. A tensor that it
   * returns, of whatever shape, takes the place of the output; gradients pass through it.
   *
   * @returns what removes it.
   * @throws ValueError unless it is a function.
   *
   * @example
   * const remove = layer.registerForwardHook((_layer, _inputs, output) => mul(output, 2))
   */
  registerForwardHook(hook: ForwardHook<I, O>): () => void {
    return this.#addHook('registerForwardHook', 'after', hook)
  }

  /**
   * Has a function called before every forward, with the module and the list of its inputs. A tensor or a
   * list that it returns takes the place of them; gradients pass through it.
   *
   * @returns what removes it.
   * @throws ValueError unless it is a function.
   */
  registerForwardPreHook(hook: ForwardPreHook<I>): () => void {
    return this.#addHook('registerForwardPreHook', 'before', hook)
  }

  #addHook(method: string, kind: 'before' | 'after', hook: unknown): () => void {
    const hooks = this.#hooks ?? new ForwardHooks(this, new Calls(this))
    const remove = hooks.add(`${this.constructor.name}.${method}`, kind, hook)
    this.#hooks = hooks
    return () => {
      remove()
      if (hooks.isEmpty) this.#hooks = null
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

/** How many calls there were that may give something else when they are run again. */
let trainings = 0

/** A module that gives a tensor for one. What it takes behind that may be left out. */
export type TensorModule = Module | Module<[x: Tensor, options?: object]>

/** The hooks as `forward` calls them, whatever they take. */
interface Hooks {
  computeOutput(...given: unknown[]): unknown
}

/** The gradient, which comes last, and the inputs before it. */
function apart(given: unknown[]): [gradOutput: unknown, inputs: unknown[]] {
  return [given.pop(), given]
}

/** Of arguments whose types only a caller sees. */
function lengthOf(rest: readonly unknown[]): number {
  return rest.length
}
