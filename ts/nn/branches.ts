import { complaint, ShapeError, ValueError } from '../errors.js'
import { formatShape, type Tensor } from '../tensor/tensor.js'
import { activeWorkspace, enterWorkspace, sameShape, Workspace } from '../tensor/workspace.js'
import { Container, describeValue, ownIntermediate } from './container.js'
import type { Junction } from './junction.js'
import { located } from './locate.js'
import { Module } from './module.js'

/** Modules side by side, named by their places, or by the keys of an object. */
export type BranchModules = readonly Module[] | Readonly<Record<string, Module>>

/**
 * Base of the containers whose modules stand side by side: the input goes out to the branches at one
 * junction, their outputs meet at another. As in `Sequential`, the intermediate results belong to the
 * container, which reuses their memory from pass to pass.
 */
export abstract class Branches extends Container {
  readonly #fork: Junction
  readonly #merge: Junction
  readonly #inputs: Tensor[] = []
  readonly #outputs: Tensor[] = []
  readonly #gradients: Tensor[] = []
  readonly #forwardSpace = new Workspace()
  readonly #backwardSpace = new Workspace()

  /**
   * @throws ValueError when there is no module, something is none, or a name is empty or has a dot.
   */
  protected constructor(modules: BranchModules, fork: Junction, merge: Junction) {
    super()
    this.#fork = fork
    this.#merge = merge
    if (typeof modules !== 'object' || (modules as unknown) === null || modules instanceof Module) {
      throw this.#noList(describeValue(modules))
    }
    for (const [name, module] of Object.entries(modules)) this.addChild(name, module)
    if (this.length === 0) throw this.#noList('none')
  }

  protected override computeOutput(input: Tensor): Tensor {
    const outer = activeWorkspace()
    const own = this.#forwardSpace
    if (outer === null) {
      if (own.holds(input)) throw ownIntermediate(this.describe())
      own.rewind()
    }
    // From here on the results of the last pass are being overwritten.
    this.recall(null, null)
    const space = outer ?? own
    const modules = this.childList
    this.#fork.planWhole(this.describe(), input, modules.length)
    try {
      for (let i = 0; i < modules.length; i++) {
        enterWorkspace(space)
        const part = this.#fork.part(input, i)
        this.#inputs[i] = part
        this.lendTo(i, space)
        this.#outputs[i] = modules[i]!.forward(part)
      }
    } finally {
      enterWorkspace(outer)
    }
    this.#merge.planParts(this.describe(), this.#outputs)
    return this.#merge.whole(this.#outputs)
  }

  protected override computeGradInput(_input: Tensor, gradOutput: Tensor): Tensor {
    this.#run(gradOutput, true)
    return this.#fork.whole(this.#gradients)
  }

  override backwardParameters(input: Tensor, gradOutput: Tensor): void {
    try {
      this.checkBackward(input, gradOutput)
      this.#run(gradOutput, false)
    } catch (error) {
      throw located(error, this)
    }
  }

  override isPrimed(input: Tensor): boolean {
    if (!super.isPrimed(input)) return false
    const { childList: modules, repeatedChildren: repeated } = this
    return modules.every((module, i) => repeated.has(module) || module.isPrimed(this.#inputs[i]!))
  }

  /** The backward passes of the branches; those by the input stay in `#gradients`. */
  #run(gradOutput: Tensor, wantsInput: boolean): void {
    const { childList: modules, repeatedChildren: repeated } = this
    this.checkRepeatable()
    const outer = activeWorkspace()
    const own = this.#backwardSpace
    if (outer === null) own.rewind()
    const space = outer ?? own
    try {
      for (let i = 0; i < modules.length; i++) {
        const module = modules[i]!
        if (!wantsInput && !module.trains()) continue
        const input = this.#inputs[i]!
        if (repeated.has(module)) module.recall(input, this.#outputs[i]!)
        enterWorkspace(space)
        const part = this.#merge.part(gradOutput, i)
        this.lendTo(i, space)
        if (!wantsInput) module.backwardParameters(input, part)
        else this.#gradients[i] = this.#checked(module.backward(input, part), input, i)
      }
    } finally {
      enterWorkspace(outer)
    }
  }

  /** Modules of a user's own may return anything. */
  #checked(gradient: Tensor, input: Tensor, index: number): Tensor {
    if (sameShape(gradient.shape, input.shape) && gradient.dtype === input.dtype) return gradient
    throw new ShapeError(
      complaint(
        this.describe(),
        `what the backward of branch ${index} returns`,
        `${formatShape(input.shape)} ${input.dtype} as its input is`,
        `${formatShape(gradient.shape)} ${gradient.dtype}`,
      ),
    )
  }

  #noList(got: string): ValueError {
    const name = this.constructor.name
    const hint = `put them into an array: new nn.${name}([a, b])`
    return new ValueError(complaint(name, 'the modules', 'an array or object of them', got, hint))
  }
}
