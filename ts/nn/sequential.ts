import { itemsOf } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { show } from '../show.js'
import type { Tensor } from '../tensor/tensor.js'
import { activeWorkspace, enterWorkspace } from '../tensor/workspace.js'
import { markBuiltIn } from './built-in.js'
import { Container } from './container.js'
import { ownIntermediate } from './free-pass.js'
import { Module, type TensorModule } from './module.js'

type Named = Readonly<Record<string, TensorModule>> | Iterable<readonly [string, TensorModule]>

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
export class Sequential extends Container {
  static {
    markBuiltIn(this, (sequential) => [[...sequential.namedChildren()]])
  }

  /**
   * @param modules Modules, named by their place; or one object or array of entries with names.
   * @throws ValueError when something is no module, or a name is empty, has a dot or comes twice.
   */
  constructor(...modules: TensorModule[])
  constructor(modules: Named)
  constructor(...args: (TensorModule | Named)[]) {
    super()
    const [first] = args
    if (args.length === 1 && isObject(first) && !(first instanceof Module)) {
      const iterable = Symbol.iterator in first
      const entries = iterable
        ? itemsOf(this.constructor.name, 'the modules', first)
        : Object.entries(first)
      for (const entry of entries) {
        if (!Array.isArray(entry)) throw this.#noEntry(entry)
        this.addChild(entry[0] as string, entry[1])
      }
    } else {
      for (const module of args) this.append(module as TensorModule)
    }
  }

  /** Adds a module at the end, named by its place. Returns the container. */
  append(module: TensorModule): this {
    this.addChild(String(this.length), module)
    return this
  }

  protected override computeOutput(input: Tensor): Tensor {
    const { pass, childList: modules } = this
    const outer = activeWorkspace()
    const own = pass.forwardSpace
    if (outer === null) {
      if (own.holds(input)) throw ownIntermediate(this)
      own.rewind()
    }
    const last = modules.length - 1
    let value = input
    try {
      for (let i = 0; i <= last; i++) {
        enterWorkspace(outer ?? (i < last ? own : null))
        value = pass.call(i, modules[i]!, value)
      }
    } finally {
      enterWorkspace(outer)
    }
    return outer === null && own.holds(value) ? value.clone() : value
  }

  protected override computeGradients(
    input: Tensor,
    gradOutput: Tensor,
    wantsInput: boolean,
  ): Tensor | null {
    if (wantsInput) return super.computeGradients(input, gradOutput, true)
    const first = this.childList.findIndex((module) => module.trains())
    if (first >= 0) this.#run(gradOutput, first, false)
    return null
  }

  protected override computeGradInput(_input: Tensor, gradOutput: Tensor): Tensor {
    return this.#run(gradOutput, 0, true)
  }

  /** The backward passes of the children from the last down to `first`. */
  #run(gradOutput: Tensor, first: number, wantsInput: boolean): Tensor {
    const { pass, childList: modules } = this
    const outer = activeWorkspace()
    const own = pass.backwardSpace
    if (outer === null) own.rewind()
    this.#checkPlaces()
    let grad = gradOutput
    try {
      for (let i = modules.length - 1; i >= first; i--) {
        const module = modules[i]!
        const input = pass.resume(i, module)
        enterWorkspace(outer ?? (i > first ? own : null))
        if (wantsInput || i > first) grad = module.backward(input, grad)
        else module.backwardParameters(input, grad)
      }
    } finally {
      enterWorkspace(outer)
    }
    return wantsInput && outer === null && own.holds(grad) ? grad.clone() : grad
  }

  /** @throws ValueError when a module has come since the forward. */
  #checkPlaces(): void {
    if (this.pass.placed === this.length) return
    const expected = `those of the forward, ${this.pass.placed}`
    throw new ValueError(
      complaint(this.describe(), 'the modules', expected, this.length, 'call forward after append'),
    )
  }

  #noEntry(entry: unknown): ValueError {
    const hint = 'pass modules one by one: new nn.Sequential(...modules)'
    const got = show(entry)
    return new ValueError(
      complaint(this.constructor.name, 'every entry', 'a name and a module', got, hint),
    )
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
