import { complaint, ValueError } from '../errors.js'
import type { Tensor } from '../tensor/tensor.js'
import { activeWorkspace, enterWorkspace, Workspace } from '../tensor/workspace.js'
import { isBuiltIn, markBuiltIn } from './layer.js'
import { located } from './locate.js'
import { Module } from './module.js'
import type { Parameter } from './parameter.js'

/**
 * Runs modules one after the other. The intermediate results belong to the container, which reuses
 * their memory from pass to pass; what `forward` and `backward` return is the caller's own.
 *
 * @example
 * const model = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10))
 * const named = new nn.Sequential({ hidden: new nn.Linear(8, 4), act: new nn.ReLU() })
 * named.get('hidden') // and model[0], model.at(-1)
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html
 */
export class Sequential extends Module implements Iterable<Module> {
  static {
    markBuiltIn(this)
  }

  readonly [index: number]: Module

  readonly #names: string[] = []
  readonly #modules: Module[] = []
  /** Whether the child is lent a workspace. Code of a user's own gets tensors that are his own. */
  readonly #borrows: boolean[] = []
  readonly #repeated = new Set<Module>()
  readonly #inputs: Tensor[] = []
  #last: Tensor | null = null
  readonly #forwardSpace = new Workspace()
  readonly #backwardSpace = new Workspace()

  /**
   * @param modules Modules, named by their place; or one object or array of entries with names.
   * @throws ValueError when something is no module, or a name is empty, has a dot or comes twice.
   */
  constructor(...modules: Module[])
  constructor(modules: Readonly<Record<string, Module>> | Iterable<readonly [string, Module]>)
  constructor(
    ...args: (Module | Readonly<Record<string, Module>> | Iterable<readonly [string, Module]>)[]
  ) {
    super()
    const [first] = args
    if (args.length === 1 && isObject(first) && !(first instanceof Module)) {
      for (const entry of isIterable(first) ? first : Object.entries(first)) {
        if (!Array.isArray(entry)) throw this.#noEntry(entry)
        this.#add(entry[0], entry[1])
      }
    } else {
      for (const module of args) this.append(module as Module)
    }
  }

  /** Adds a module at the end, named by its place. Returns the container. */
  append(module: Module): this {
    this.#add(String(this.#modules.length), module)
    return this
  }

  /** Number of modules. */
  get length(): number {
    return this.#modules.length
  }

  /** The module at a place; negative places count from the end. */
  at(index: number): Module | undefined {
    return this.#modules.at(index)
  }

  /** The module of a name. */
  get(name: string): Module | undefined {
    return this.#modules[this.#names.indexOf(name)]
  }

  [Symbol.iterator](): IterableIterator<Module> {
    return this.#modules.values()
  }

  override *namedChildren(): Generator<[string, Module]> {
    for (let i = 0; i < this.#modules.length; i++) yield [this.#names[i]!, this.#modules[i]!]
  }

  override collect(parameters: Set<Parameter>, seen: Set<Module>): void {
    if (!isBuiltIn(this)) {
      super.collect(parameters, seen)
      return
    }
    if (seen.has(this)) return
    seen.add(this)
    for (const module of this.#modules) module.collect(parameters, seen)
  }

  protected override computeOutput(input: Tensor): Tensor {
    const outer = activeWorkspace()
    const own = this.#forwardSpace
    if (outer === null) {
      if (own.holds(input)) throw this.#ownIntermediate()
      own.rewind()
    }
    // From here on the results of the last pass are being overwritten.
    this.recall(null, null)
    const modules = this.#modules
    const last = modules.length - 1
    let value = input
    try {
      for (let i = 0; i <= last; i++) {
        this.#inputs[i] = value
        enterWorkspace(this.#borrows[i] ? (outer ?? (i < last ? own : null)) : null)
        value = modules[i]!.forward(value)
      }
    } finally {
      enterWorkspace(outer)
    }
    this.#last = value
    return outer === null && own.holds(value) ? value.clone() : value
  }

  override backward(input: Tensor, gradOutput: Tensor): Tensor {
    try {
      this.checkBackward(input, gradOutput)
      return this.computeGradInput(input, gradOutput)
    } catch (error) {
      throw located(error, this)
    }
  }

  override backwardParameters(input: Tensor, gradOutput: Tensor): void {
    try {
      this.checkBackward(input, gradOutput)
      const first = this.#modules.findIndex((module) => module.trains())
      if (first >= 0) this.#run(gradOutput, first, false)
    } catch (error) {
      throw located(error, this)
    }
  }

  protected override computeGradInput(_input: Tensor, gradOutput: Tensor): Tensor {
    return this.#run(gradOutput, 0, true)
  }

  override trains(): boolean {
    return isBuiltIn(this) ? this.#modules.some((module) => module.trains()) : super.trains()
  }

  override isPrimed(input: Tensor): boolean {
    if (!super.isPrimed(input)) return false
    const repeated = this.#repeated
    for (let i = 0; i < this.#modules.length; i++) {
      const module = this.#modules[i]!
      if (!repeated.has(module) && !module.isPrimed(this.#inputs[i]!)) return false
    }
    return true
  }

  /** The backward passes of the children from the last down to `first`. */
  #run(gradOutput: Tensor, first: number, wantsInput: boolean): Tensor {
    const modules = this.#modules
    const repeated = this.#repeated
    for (const module of repeated) if (!module.repeatable) throw this.#cannotRepeat(module)
    const outer = activeWorkspace()
    const own = this.#backwardSpace
    if (outer === null) own.rewind()
    let grad = gradOutput
    try {
      for (let i = modules.length - 1; i >= first; i--) {
        const module = modules[i]!
        const input = this.#inputs[i]!
        if (repeated.size > 0 && repeated.has(module)) {
          module.recall(input, this.#inputs[i + 1] ?? this.#last)
        }
        enterWorkspace(this.#borrows[i] ? (outer ?? (i > first ? own : null)) : null)
        if (wantsInput || i > first) grad = module.backward(input, grad)
        else module.backwardParameters(input, grad)
      }
    } finally {
      enterWorkspace(outer)
    }
    return wantsInput && outer === null && own.holds(grad) ? grad.clone() : grad
  }

  #add(name: string, module: unknown): void {
    const index = this.#modules.length
    if (!(module instanceof Module)) {
      throw new ValueError(
        complaint(this.constructor.name, `module ${name}`, 'a Module', describeValue(module)),
      )
    }
    if (name === '' || name.includes('.') || this.#names.includes(name)) {
      throw new ValueError(
        complaint(
          this.constructor.name,
          'the name of a module',
          'not empty, without a dot and not taken',
          JSON.stringify(name),
        ),
      )
    }
    if (this.#modules.includes(module)) this.#repeated.add(module)
    this.#names.push(name)
    this.#modules.push(module)
    this.#borrows.push(isBuiltIn(module))
    Object.defineProperty(this, index, { value: module, enumerable: true })
    this.#inputs.length = 0
    this.recall(null, null)
  }

  #noEntry(entry: unknown): ValueError {
    const hint = 'pass modules one by one: new nn.Sequential(...modules)'
    const got = describeValue(entry)
    return new ValueError(
      complaint(this.constructor.name, 'every entry', 'a name and a module', got, hint),
    )
  }

  #ownIntermediate(): ValueError {
    return new ValueError(
      complaint(
        this.describe(),
        'input',
        'a tensor of your own',
        'an intermediate result of this container, which this pass would overwrite',
        'pass its clone()',
      ),
    )
  }

  #cannotRepeat(module: Module): ValueError {
    return new ValueError(
      `${this.describe()}: ${module.describe()} stands at more than one place, but its backward ` +
        'needs what only its last forward left; use one module a place (Parameters may be shared)',
    )
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isIterable(value: object): value is Iterable<readonly [string, Module]> {
  return Symbol.iterator in value
}

function describeValue(value: unknown): string {
  return typeof value === 'function' ? `the class or function ${value.name}` : String(value)
}
