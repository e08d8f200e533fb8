import { types } from 'node:util'

import { show } from '../show.js'
import { checkFlag, checkFunction } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { noteUse } from '../kernels/backend.js'
import { flag, type Options, readOptions } from '../options.js'
import { Generator as RandomGenerator } from '../random/generator.js'
import { checkFloat } from '../tensor/create.js'
import type { FloatDType } from '../kernels/dtype.js'
import { noTensor, Tensor } from '../tensor/tensor.js'
import { showAs } from '../tensor/show.js'
import { Parameter } from './parameter.js'
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
 * What a module is made of: its parameters, buffers and the modules inside, by name, and what is done with
 * all of them. `Module` adds the passes.
 */
export abstract class ModuleTree<Child extends ModuleTree<Child>> {
  static {
    showAs(this, (module) => module.toString())
  }

  /** Whether the module is in training mode, as it is at first. */
  training = true

  #buffers: Map<string, BufferEntry> | null = null

  /**
   * Whether a parameter below has `requiresGrad`. Built-in layers answer without a search.
   *
   * @internal
   */
  trains(): boolean {
    return this.parameters().some((parameter) => parameter.requiresGrad)
  }

  /**
   * Where parameters and modules are looked for: the own properties, and the elements of arrays as
   * `name.index`.
   *
   * @internal
   */
  ownEntries(): [string, unknown][] {
    const entries: [string, unknown][] = Object.entries(this)
    if (!entries.some(([, value]) => Array.isArray(value))) return entries
    return entries.flatMap(([name, value]) =>
      Array.isArray(value)
        ? value.map((element, index): [string, unknown] => [`${name}.${index}`, element])
        : [[name, value] as [string, unknown]],
    )
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
  *namedChildren(): Generator<[string, Child]> {
    for (const [name, value] of this.ownEntries()) {
      if (value instanceof ModuleTree) yield [name, value as Child]
    }
  }

  /** Modules directly below. */
  children(): Child[] {
    return Array.from(this.namedChildren(), ([, child]) => child)
  }

  /** This module and all below, each once, by path: `''`, `'0'`, `'0.conv'`. */
  *namedModules(prefix = '', seen = new Set<object>()): Generator<[string, Child]> {
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
    yield [prefix, this as unknown as Child]
    for (const [name, child] of this.namedChildren()) {
      yield* child.namedModules(prefix === '' ? name : `${prefix}.${name}`, seen)
    }
  }

  /** This module and all below, each once. */
  modules(): Child[] {
    return Array.from(this.namedModules(), ([, module]) => module)
  }

  /** Parameters of this module itself, by name. */
  *ownParameters(): Generator<[string, Parameter]> {
    for (const [name, value] of this.ownEntries()) {
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
  collect(parameters: Set<Parameter>, seen: Set<object>): void {
    if (seen.has(this)) return
    seen.add(this)
    const children: ModuleTree<Child>[] = []
    for (const [, value] of this.ownEntries()) {
      if (value instanceof Parameter) parameters.add(value)
      else if (value instanceof ModuleTree) children.push(value as ModuleTree<Child>)
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
    const values = this.modules().flatMap((module) => module.ownEntries().map(([, value]) => value))
    return [...new Set(values.filter((value) => value instanceof RandomGenerator))]
  }

  /**
   * Multiplications with an addition that a forward pass takes, for `summary`. Those of matrix products
   * and convolutions count; a layer of one's own that has some says so here. Default 0.
   *
   * @param _inputs All of several inputs, the first among them.
   */
  multiplyAdds(_input: Tensor, _output: Tensor, _inputs?: readonly Tensor[]): number {
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
  apply(visit: (module: Child) => void): this {
    checkFunction(this.constructor.name, 'what apply calls', visit)
    for (const child of this.children()) child.apply(visit)
    visit(this as unknown as Child)
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
