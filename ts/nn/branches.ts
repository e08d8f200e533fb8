import { complaint, ShapeError, ValueError } from '../errors.js'
import { formatShape, type Tensor } from '../tensor/tensor.js'
import { activeWorkspace, enterWorkspace, sameShape } from '../tensor/workspace.js'
import { Container, describeValue, ownIntermediate } from './container.js'
import type { Junction } from './junction.js'
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
    const { pass, childList: modules } = this
    const outer = activeWorkspace()
    const own = pass.forwardSpace
    if (outer === null) {
      if (own.holds(input)) throw ownIntermediate(this.describe())
      own.rewind()
    }
    const space = outer ?? own
    this.#fork.planWhole(this.describe(), input, modules.length)
    const outputs: Tensor[] = []
    try {
      for (let i = 0; i < modules.length; i++) {
        enterWorkspace(space)
        const part = this.#fork.part(input, i)
        this.lendTo(i, space)
        outputs.push(pass.call(i, modules[i]!, part))
      }
    } finally {
      enterWorkspace(outer)
    }
    this.#merge.planParts(this.describe(), outputs)
    return this.#merge.whole(outputs)
  }

  protected override computeGradInput(_input: Tensor, gradOutput: Tensor): Tensor {
    return this.#fork.whole(this.#run(gradOutput, true))
  }

  protected override computeGradients(
    input: Tensor,
    gradOutput: Tensor,
    wantsInput: boolean,
  ): Tensor | null {
    if (wantsInput) return super.computeGradients(input, gradOutput, true)
    this.#run(gradOutput, false)
    return null
  }

  /** The backward passes of the branches: their gradients by the input, if somebody wants those. */
  #run(gradOutput: Tensor, wantsInput: boolean): Tensor[] {
    const { childList: modules, pass } = this
    this.checkPlaces()
    this.#fork.planWhole(this.describe(), pass.input!, modules.length)
    this.#merge.planParts(
      this.describe(),
      modules.map((_, i) => pass.outputAt(i)),
    )
    const outer = activeWorkspace()
    const own = pass.backwardSpace
    if (outer === null) own.rewind()
    const space = outer ?? own
    const gradients: Tensor[] = []
    try {
      for (let i = 0; i < modules.length; i++) {
        const module = modules[i]!
        if (!wantsInput && !module.trains()) continue
        enterWorkspace(space)
        const part = this.#merge.part(gradOutput, i)
        this.lendTo(i, space)
        const input = pass.resume(i, module)
        if (wantsInput) gradients.push(this.#checked(module.backward(input, part), input, i))
        else module.backwardParameters(input, part)
      }
    } finally {
      enterWorkspace(outer)
    }
    return gradients
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
