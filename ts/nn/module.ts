import { types } from 'node:util'

import { show } from '../show.js'
import { checkFlag, checkFunction } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { notePass, noteUse } from '../kernels/backend.js'
import { flag, type Options, readOptions } from '../options.js'
import { Generator as RandomGenerator } from '../random/generator.js'
import { checkFloat } from '../tensor/create.js'
import type { FloatDType } from '../kernels/dtype.js'
import { formatShape, noTensor, Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { showAs } from '../tensor/show.js'
import { located } from './locate.js'
import { Parameter } from './parameter.js'
import { enterPass, Pass, runningPass } from '../tensor/pass.js'
import {
  LOAD,
  loadStateDict,
  type LoadOptions,
  type LoadResult,
  type StateDict,
  stateDict,
} from './state-dict.js'

export interface BufferOptions {
  /** Whether it is part of the state dict. Default true. */
  persistent?: boolean
}

const BUFFER = { persistent: flag(true) } satisfies Options<BufferOptions>

export interface OwnBuffersOptions {
  /** Whether those that are not part of the state dict are left out. Default false. */
  persistentOnly?: boolean
}

const OWN_BUFFERS = { persistentOnly: flag(false) } satisfies Options<OwnBuffersOptions>

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
export abstract class Module {
  static {
    showAs(this, (module) => module.toString())
  }

  /** Whether the module is in training mode, as it is at first. */
  training = true

  /** The last call, or the one whose backward pass is at work. */
  #pass: Pass | null = null
  /** That of calls outside of every other. */
  #own: Pass | null = null
  #buffers: Map<string, BufferEntry> | null = null
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

  /**
   * Whether a parameter below has `requiresGrad`. Built-in layers answer without a search.
   *
   * @internal
   */
  trains(): boolean {
    return this.parameters().some((parameter) => parameter.requiresGrad)
  }

  /** Sets training mode here and in all modules below. Returns the module. */
  train(mode = true): this {
    checkFlag(this.constructor.name, 'mode', mode)
    for (const module of this.modules()) module.training = mode
    return this
  }

  /** Sets evaluation mode here and in all modules below: `train(false)`. */
  eval(): this {
    return this.train(false)
  }

  /** Modules directly below, by name. */
  *namedChildren(): Generator<[string, Module]> {
    for (const [name, value] of ownEntries(this)) {
      if (value instanceof Module) yield [name, value]
    }
  }

  /** Modules directly below. */
  children(): Module[] {
    return Array.from(this.namedChildren(), ([, child]) => child)
  }

  /** This module and all below, each once, by path: `''`, `'0'`, `'0.conv'`. */
  *namedModules(prefix = '', seen = new Set<Module>()): Generator<[string, Module]> {
    if (typeof prefix !== 'string' || !types.isSet(seen)) {
      throw new ValueError(
        complaint(this.describe(), 'prefix and seen', 'a text and a Set of modules', [
          prefix,
          seen,
        ]),
      )
    }
    if (seen.has(this)) return
    seen.add(this)
    yield [prefix, this]
    for (const [name, child] of this.namedChildren()) {
      yield* child.namedModules(prefix === '' ? name : `${prefix}.${name}`, seen)
    }
  }

  /** This module and all below, each once. */
  modules(): Module[] {
    return Array.from(this.namedModules(), ([, module]) => module)
  }

  /** Parameters of this module itself, by name. */
  *ownParameters(): Generator<[string, Parameter]> {
    for (const [name, value] of ownEntries(this)) {
      if (value instanceof Parameter) yield [name, value]
    }
  }

  /** All parameters, here and below, each once, by path: `'0.weight'`. */
  *namedParameters(): Generator<[string, Parameter]> {
    const seen = new Set<Parameter>()
    for (const [path, module] of this.namedModules()) {
      for (const [name, parameter] of module.ownParameters()) {
        if (seen.has(parameter)) continue
        seen.add(parameter)
        yield [path === '' ? name : `${path}.${name}`, parameter]
      }
    }
  }

  /** All parameters, here and below, each once. */
  parameters(): Parameter[] {
    noteUse(this)
    const parameters = new Set<Parameter>()
    this.collect(parameters, new Set())
    return [...parameters]
  }

  /**
   * Adds the parameters, here and below, in the order of `namedParameters`. Apart from that because
   * training loops ask for them at every step.
   *
   * @internal
   */
  collect(parameters: Set<Parameter>, seen: Set<Module>): void {
    if (seen.has(this)) return
    seen.add(this)
    const children: Module[] = []
    for (const [, value] of ownEntries(this)) {
      if (value instanceof Parameter) parameters.add(value)
      else if (value instanceof Module) children.push(value)
    }
    for (const child of children) child.collect(parameters, seen)
  }

  /**
   * Declares a tensor that belongs to the module's state without being trained, as running statistics
   * do: it changes dtype with the module and, unless `persistent` is false, is part of the state
   * dict. Returns it.
   *
   * @throws ValueError when the name is empty, contains a dot or is taken.
   */
  registerBuffer(name: string, buffer: Tensor, options: BufferOptions = {}): Tensor {
    const { persistent } = readOptions(`${this.constructor.name}.registerBuffer`, BUFFER, options)
    if (!(buffer instanceof Tensor)) throw noTensor(this.describe(), 'the buffer', buffer)
    const word = typeof name === 'string' && name !== ''
    const taken = word && (this.#buffers?.has(name) || Object.hasOwn(this, name))
    if (!word || name.includes('.') || taken) {
      throw new ValueError(
        complaint(
          this.describe(),
          'the name of a buffer',
          'not empty, without a dot and not taken',
          show(name),
        ),
      )
    }
    this.#buffers ??= new Map()
    this.#buffers.set(name, { tensor: buffer, persistent })
    return buffer
  }

  /** Buffers of this module itself, by name. */
  *ownBuffers(options: OwnBuffersOptions = {}): Generator<[string, Tensor]> {
    const who = `${this.constructor.name}.ownBuffers`
    const { persistentOnly } = readOptions(who, OWN_BUFFERS, options)
    for (const [name, { tensor, persistent }] of this.#buffers ?? []) {
      if (persistent || !persistentOnly) yield [name, tensor]
    }
  }

  /** All buffers, here and below, by path. */
  *namedBuffers(): Generator<[string, Tensor]> {
    for (const [path, module] of this.namedModules()) {
      for (const [name, buffer] of module.ownBuffers()) {
        yield [path === '' ? name : `${path}.${name}`, buffer]
      }
    }
  }

  /** All buffers, here and below. */
  buffers(): Tensor[] {
    return Array.from(this.namedBuffers(), ([, buffer]) => buffer)
  }

  /**
   * Random generators of their own that modules hold in properties, here and below, each once. The
   * default generator is not among them.
   */
  generators(): RandomGenerator[] {
    const values = this.modules().flatMap((module) => ownEntries(module).map(([, value]) => value))
    return [...new Set(values.filter((value) => value instanceof RandomGenerator))]
  }

  /**
   * Multiplications with an addition that a forward pass takes, for `summary`. Those of matrix products
   * and convolutions count; a layer of one's own that has some says so here. Default 0.
   */
  multiplyAdds(_input: Tensor, _output: Tensor): number {
    return 0
  }

  /** Forgets all gradients: `parameter.grad` is null until the next backward pass. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.zeroGrad()
  }

  /** Freezes or thaws all parameters. Frozen ones get no gradient, so optimizers leave
   * them alone from the next `zeroGrad` on. */
  requiresGrad_(requiresGrad = true): this {
    checkFlag(this.constructor.name, 'requiresGrad', requiresGrad)
    for (const parameter of this.parameters()) parameter.requiresGrad = requiresGrad
    return this
  }

  /** Calls `visit` with every module below and then with this one. Returns the module. */
  apply(visit: (module: Module) => void): this {
    checkFunction(this.constructor.name, 'what apply calls', visit)
    for (const child of this.children()) child.apply(visit)
    visit(this)
    return this
  }

  /**
   * Converts parameters and floating-point buffers in place and forgets gradients. Make the optimizer
   * afterwards: the state of one made before has the old dtype.
   *
   * @throws DTypeError unless `dtype` is float32 or float64.
   */
  to(dtype: FloatDType): this {
    checkFloat(this.describe(), 'the dtype', dtype)
    // Also what a module of a user's own does not report in `parameters`, as a fixed kernel.
    const parameters = new Set<Parameter>()
    this.collect(parameters, new Set())
    for (const tensor of [...parameters, ...this.buffers()]) {
      if (tensor.dtype === dtype) continue
      if (tensor.dtype === 'float32' || tensor.dtype === 'float64') tensor.adopt(tensor.to(dtype))
    }
    return this
  }

  /**
   * Parameters and persistent buffers by path, with PyTorch's names. The tensors share their storage
   * with the module: `clone()` what must not change with it.
   */
  stateDict(): StateDict {
    return stateDict(this)
  }

  /**
   * Copies the tensors of a state dict into this module. float32 and float64 are converted. Nothing is
   * changed unless everything fits.
   *
   * @returns the keys that were missing and those that were not used.
   * @throws ValueError that lists the missing and unexpected keys.
   * @throws ShapeError that lists the tensors of other shapes.
   */
  loadStateDict(state: StateDict, options: LoadOptions = {}): LoadResult {
    const { strict } = readOptions(`${this.constructor.name}.loadStateDict`, LOAD, options)
    return loadStateDict(this, state, strict)
  }

  /** The arguments the module was made with, as `toString` and messages show them. */
  extraRepr(): string {
    return ''
  }

  /** `Linear(784, 128)`: the module without its children. */
  describe(): string {
    return `${this.constructor.name}(${this.extraRepr()})`
  }

  /** The module and its children, indented, as PyTorch prints them. */
  toString(): string {
    const lines = Array.from(
      this.namedChildren(),
      ([name, child]) => `  (${name}): ${child.toString().replaceAll('\n', '\n  ')}`,
    )
    if (lines.length === 0) return this.describe()
    const extra = this.extraRepr()
    if (extra !== '') lines.unshift(`  ${extra}`)
    return `${this.constructor.name}(\n${lines.join('\n')}\n)`
  }
}

interface BufferEntry {
  readonly tensor: Tensor
  readonly persistent: boolean
}

/** The own properties of a module; the elements of an array as `name.index`. */
function ownEntries(module: Module): [string, unknown][] {
  const entries: [string, unknown][] = Object.entries(module)
  if (!entries.some(([, value]) => Array.isArray(value))) return entries
  return entries.flatMap(([name, value]) =>
    Array.isArray(value)
      ? value.map((element, index): [string, unknown] => [`${name}.${index}`, element])
      : [[name, value] as [string, unknown]],
  )
}
