import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { notePass } from '../kernels/backend.js'
import { Calls, type Callee, joinCall } from '../autograd/call.js'
import { FreeCall, graphOf, mapTensors, tensorsOf } from '../autograd/free-call.js'
import { isGradEnabled, noGrad } from '../autograd/grad-mode.js'
import type { Gradient } from '../autograd/node.js'
import { formatShape, noTensor, Tensor } from '../tensor/tensor.js'
import { enterWorkspace, sameShape } from '../tensor/workspace.js'
import { located } from './locate.js'
import { enterPass, type Pass, runningPass } from '../tensor/pass.js'
import { isBuiltIn } from './built-in.js'
import {
  argumentsOf,
  type CallOptions,
  gradientList,
  gradientsInForm,
  inputsOf,
  takeOptions,
} from './call-options.js'
import { ForwardHooks } from './forward-hooks.js'
import { ModuleTree } from './module-tree.js'

/** What a module takes: tensors, and behind them perhaps options, of which each tensor is an input too. */
export type Inputs = readonly (Tensor | object | undefined)[]

/** What a module gives: a tensor, a list of them or some with names, where null stands for one left out. */
export type Outputs = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor | null>>

/** Gradients by what a module gives, in its form; null for a part that the loss does not depend on. */
export type OutputGradients<O extends Outputs> = O extends Tensor
  ? Tensor
  : { readonly [K in keyof O]: Tensor | null }

/** Gradients by what a module takes: one for one, else a list, with null where there is none. */
export type InputGradients<I extends Inputs> = number extends I['length']
  ? Tensor
  : I extends readonly [Tensor]
    ? Tensor
    : { readonly [K in keyof I]: InputGradient<I[K]> }

/** By options the gradients by the tensors among them, under their names. */
type InputGradient<T> = T extends Tensor
  ? Tensor | null
  : { readonly [K in keyof T]?: Tensor | null }

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
  readonly #own: OwnPasses | null = null
  /** Whether the class has a `backward` of a user's own. */
  readonly #hasOwnBackward: boolean
  #hooks: ForwardHooks | null = null
  /** Whether the next forward is that which hooks stand around. */
  #isInner = false

  constructor() {
    super()
    const forward = this.#overriding('forward')
    const backward = this.#overriding('backward')
    this.#hasOwnBackward = backward !== null
    // With hooks beside it a `forward` of one's own does something around that of this class.
    if (forward === null || this.#overriding('computeOutput') !== null) return
    this.#own = { forward, backward }
    this.#put('forward')
    if (backward !== null) this.#put('backward')
  }

  /** What a class has in the place of a method of this one. */
  #overriding(name: 'forward' | 'backward' | 'computeOutput'): Method | null {
    const method = Reflect.get<object, string>(this, name) as Method
    return method === Reflect.get(Module.prototype, name) ? null : method
  }

  /** Puts a method of this class before that of a class derived from it. Not enumerable: no part of its state. */
  #put(name: 'forward' | 'backward'): void {
    const value = (Reflect.get(Module.prototype, name) as Method).bind(this)
    Object.defineProperty(this, name, { value, configurable: true, writable: true })
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

  /** `computeGradients` of a call that has a graph. */
  #graphGradients(gradOutput: unknown, wantsInput: boolean): unknown {
    const gradients =
      gradOutput instanceof Tensor ? [gradOutput] : Object.values(gradOutput as object)
    const call = graphOf(this.describe(), this.pass.graph)
    const gradInputs = call.backward(gradients as Gradient[], wantsInput)
    if (!wantsInput) return null
    const { options } = this.pass
    if (options !== null) return gradientsInForm(gradInputs, options)
    return gradInputs.length === 1 ? gradInputs[0] : gradInputs
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
    try {
      if (!(input instanceof Tensor)) throw noTensor(this.describe(), 'input', input)
      const options = given === null ? null : this.#takeOptions(given)
      const several = given === null ? null : this.#severalOf(given, options)
      notePass(this)
      const hooks = this.#isInner ? null : this.#hooks
      this.#isInner = false
      const pass = outer === null ? (hooks?.calls ?? this.#calls).take() : outer.inside(this)
      pass.begin()
      let output: unknown
      if (hooks !== null) {
        output = this.#runHooked(hooks, pass, outer, several ?? [input], options)
      } else if (this.#own !== null) {
        output = this.#runOwn(pass, outer, several ?? [input], options)
      } else {
        enterPass(pass)
        const own = this as unknown as Hooks
        output =
          several === null
            ? own.computeOutput(input)
            : own.computeOutput(...argumentsOf(several, options))
        if (pass.graph !== null) this.#leaveGraph(pass)
      }
      if (!(output instanceof Tensor))
        this.#checkParts(this.#own ? 'forward' : 'computeOutput', output)
      const joins = outer === null && pass.graph === null && isGradEnabled()
      if (joins && !this.#isBuiltIn) output = mapTensors(output, (tensor) => tensor.detach())
      pass.end(output, input, several, options)
      if (this.training || this.#own !== null || hooks !== null) pass.isTraining = true
      if (outer !== null && pass.isTraining) outer.isTraining = true
      // A layer that gives its input back leaves it its history.
      if (joins && output !== input) this.#join(pass, output)
      this.#pass = pass
      return output
    } catch (error) {
      throw located(error, this)
    } finally {
      enterPass(outer)
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

  /** All inputs where there are several arguments; null for a single one. */
  #severalOf(given: readonly unknown[], options: CallOptions | null): Tensor[] | null {
    given.forEach((other, i) => {
      if (!(other instanceof Tensor)) throw noTensor(this.describe(), `input ${i}`, other)
    })
    const tensors = given as Tensor[]
    if (options !== null) return inputsOf(tensors, options)
    return tensors.length > 1 ? tensors : null
  }

  /** Calls a `forward` of the class's own. */
  #runOwn(pass: Pass, outer: Pass | null, inputs: Tensor[], options: CallOptions | null): unknown {
    const { forward, backward } = this.#own!
    const call = (...given: Tensor[]): unknown => forward.apply(this, argumentsOf(given, options))
    if (backward !== null) {
      enterPass(pass)
      const output = call(...inputs)
      if (pass.graph !== null) this.#leaveGraph(pass)
      return output
    }
    return this.#runFree(pass, outer, inputs, call)
  }

  /** Calls the forward with its hooks as one function of tensors, so that what they put in has its gradient. */
  #runHooked(
    hooks: ForwardHooks,
    pass: Pass,
    outer: Pass | null,
    inputs: Tensor[],
    options: CallOptions | null,
  ): unknown {
    const inner = (given: readonly unknown[]): unknown => {
      this.#isInner = true
      try {
        return (Reflect.get(Module.prototype, 'forward') as Method).apply(this, [...given])
      } finally {
        this.#isInner = false
      }
    }
    const space = enterWorkspace(null)
    try {
      return this.#runFree(pass, outer, inputs, (...given) =>
        hooks.run(this, argumentsOf(given, options), inner),
      )
    } finally {
      enterWorkspace(space)
    }
  }

  #runFree(
    pass: Pass,
    outer: Pass | null,
    inputs: Tensor[],
    body: (...inputs: Tensor[]) => unknown,
  ): unknown {
    if (pass.isSpent) (pass.graph as FreeCall | null)?.release()
    const [output, call] = FreeCall.of(body, inputs, outer !== null)
    pass.graph = call
    return output
  }

  /** The call before it at this place had a graph. */
  #leaveGraph(pass: Pass): void {
    if (pass.isSpent) (pass.graph as FreeCall | null)?.release()
    pass.graph = null
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
    this.#isInner = true
    try {
      noGrad(() => this.forward(...(argumentsOf(inputs, options) as unknown as I)))
    } finally {
      this.#isInner = false
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
      const gradOutput = mapTensors(pass.output, () => gradients[next++]!)
      const given = [...argumentsOf(inputs, options), gradOutput] as never
      if (!wants.includes(true)) {
        this.backwardParameters(...given)
        return []
      }
      const found: unknown = this.backward(...given)
      if (options !== null) return gradientList(found, options) as Gradient[]
      return found instanceof Tensor ? [found] : (found as Gradient[])
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
    try {
      const options = given === null ? null : takeOptions(given)
      const several = given === null ? null : this.#severalOf(given, options)
      const pass = this.#passOf(input, several, outer)
      this.#checkGradient('gradOutput', gradOutput, pass.output as Outputs)
      this.#pass = pass
      pass.beginBackward()
      pass.isSpent = true
      enterPass(pass)
      const gradients = this.#isOfGraph(pass)
        ? (this.#graphGradients(gradOutput, wantsInput) as InputGradients<I> | null)
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
        if (count > 1 || !(one instanceof Tensor)) this.#checkParts('computeGradInput', one, count)
      }
      return gradients
    } catch (error) {
      throw located(error, this)
    } finally {
      enterPass(outer)
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
   * Refuses what a hook should not return.
   *
   * @param count Of gradients by inputs.
   */
  #checkParts(method: string, got: unknown, count?: number): void {
    const isList = Array.isArray(got)
    const parts: unknown[] =
      typeof got === 'object' && got !== null && count !== 1 ? Object.values(got) : []
    const fits = (part: unknown): boolean =>
      part instanceof Tensor || (part === null && (count !== undefined || !isList))
    const isSome = count !== undefined || parts.some((part) => part instanceof Tensor)
    if (isSome && parts.length === (count ?? parts.length) && parts.every(fits)) return
    const expected = (count ?? 1) === 1 ? 'a Tensor' : `${count} Tensors or nulls, one an input`
    throw new ValueError(complaint(this.describe(), `what ${method} returns`, expected, got))
  }

  /** The call that a backward pass belongs to: the last one, or inside of another's one of those made there. */
  #passOf(input: unknown, several: readonly Tensor[] | null, outer: Pass | null): Pass {
    const last = this.#pass
    const fits = last !== null && last.isOf(input, several)
    if (fits && (outer === null || (last.outer === outer && last.backwards === 0))) return last
    const inside = outer?.find(this, input, several)
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

  #checkGradient(what: string, gradOutput: unknown, output: Outputs): void {
    if (!(output instanceof Tensor)) {
      this.#checkGradients(what, gradOutput, output)
      return
    }
    if (!(gradOutput instanceof Tensor)) throw noTensor(this.describe(), what, gradOutput)
    if (!sameShape(gradOutput.shape, output.shape)) {
      throw new ShapeError(
        complaint(
          this.describe(),
          what,
          `of the output's shape ${formatShape(output.shape)}`,
          `shape ${formatShape(gradOutput.shape)}`,
        ),
      )
    }
    if (gradOutput.dtype !== output.dtype) {
      throw new DTypeError(
        complaint(this.describe(), what, `${output.dtype} as the output is`, gradOutput.dtype),
      )
    }
  }

  /** Those by several outputs. */
  #checkGradients(what: string, gradOutput: unknown, output: Exclude<Outputs, Tensor>): void {
    const parts = Object.entries<Tensor | null>(output as Record<string, Tensor | null>)
    const several = typeof gradOutput === 'object' && !(gradOutput instanceof Tensor)
    const given: object = (several ? gradOutput : null) ?? {}
    const names = Object.keys(given)
    if (names.length !== parts.length || !names.every((name) => Object.hasOwn(output, name))) {
      const expected = `a gradient or null for each of ${parts.map(([name]) => name).join(', ')}`
      throw new ValueError(complaint(this.describe(), what, expected, gradOutput))
    }
    for (const [name, part] of parts) {
      const gradient: unknown = Reflect.get(given, name)
      if (gradient !== null && part !== null) this.#checkGradient(`${what}.${name}`, gradient, part)
    }
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
    const hooks = this.#hooks ?? new ForwardHooks(new Calls(this))
    const remove = hooks.add(`${this.constructor.name}.${method}`, kind, hook)
    this.#setHooks(hooks)
    return () => {
      remove()
      this.#setHooks(hooks)
    }
  }

  /** With a property that steps are captured by. */
  #setHooks(hooks: ForwardHooks): void {
    const { list } = hooks
    this.#hooks = list.length > 0 ? hooks : null
    if (list.length > 0) Reflect.set(this, 'forwardHooks', list)
    else Reflect.deleteProperty(this, 'forwardHooks')
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

type Method = (...given: unknown[]) => unknown

/** Passes that a class has in the place of hooks. Without a backward of its own it is that of the graph. */
interface OwnPasses {
  readonly forward: Method
  readonly backward: Method | null
}

/** What a backward pass takes: the inputs and the gradient by the output. */
export type Given<I extends Inputs, O extends Outputs> = number extends I['length']
  ? (Tensor | OutputGradients<O>)[]
  : [...inputs: I, gradOutput: OutputGradients<O>]

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
