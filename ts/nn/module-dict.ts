import { checkArguments } from '../check.js'
import { markBuiltIn } from './built-in.js'
import { ItemDict, type Named } from './item-dict.js'
import { checkInner } from './item-list.js'
import type { Module } from './module.js'

/**
 * Modules by name, in the order of their coming, for a model that calls them itself.
 *
 * @example
 * readonly heads = new nn.ModuleDict({ age: new nn.Linear(8, 1), place: new nn.Linear(8, 5) })
 * // this.heads.get('age')!.forward(x)
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ModuleDict.html
 */
export class ModuleDict extends ItemDict<Module> {
  static {
    markBuiltIn(this, (dict) => [[...dict]])
  }

  /** @throws ValueError when something is no module, or a name is empty or has a dot. */
  constructor(modules: Named<Module> = []) {
    checkArguments(new.target.name, 1, arguments)
    super()
    this.update(modules)
  }

  protected override checked(item: unknown, name: string): Module {
    return checkInner(this, `module ${name}`, item)
  }
}
