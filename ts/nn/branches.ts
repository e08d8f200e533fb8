import { complaint, ValueError } from '../errors.js'
import { show } from '../show.js'
import { Container } from './container.js'
import { Module, type TensorModule } from './module.js'

/** Modules side by side, named by their places, or by the keys of an object. */
export type BranchModules = readonly TensorModule[] | Readonly<Record<string, TensorModule>>

/** Base of the containers whose modules stand side by side. */
export abstract class Branches extends Container {
  /**
   * @throws ValueError when there is no module, something is none, or a name is empty or has a dot.
   */
  protected constructor(modules: BranchModules) {
    super()
    if (typeof modules !== 'object' || (modules as unknown) === null || modules instanceof Module) {
      throw this.#noList(show(modules))
    }
    for (const [name, module] of Object.entries(modules)) this.addChild(name, module)
    if (this.length === 0) throw this.#noList('none')
  }

  #noList(got: string): ValueError {
    const name = this.constructor.name
    const hint = `put them into an array: new nn.${name}([a, b])`
    return new ValueError(complaint(name, 'the modules', 'an array or object of them', got, hint))
  }
}
