import { checkArguments } from '../check.js'
import { markBuiltIn } from './built-in.js'
import { checkInner, ItemList } from './item-list.js'
import type { Module } from './module.js'

/**
 * Modules by place, for a model that calls them itself. A property that is an array of modules is found just
 * as well; this is one that complains about what is no module.
 *
 * @example
 * readonly blocks = new nn.ModuleList([new nn.Linear(8, 8), new nn.Linear(8, 8)])
 * forward(x: Tensor): Tensor {
 *   for (const block of this.blocks) x = relu(block.forward(x))
 *   return x
 * }
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ModuleList.html
 */
export class ModuleList extends ItemList<Module> {
  static {
    markBuiltIn(this, (list) => [[...list]])
  }

  /** @throws ValueError when something is no module. */
  constructor(modules: Iterable<Module> = []) {
    checkArguments(new.target.name, 1, arguments)
    super()
    this.extend(modules)
  }

  protected override checked(item: unknown, place: number): Module {
    return checkInner(this, `module ${place}`, item)
  }
}
