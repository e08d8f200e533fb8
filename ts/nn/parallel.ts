import { checkArguments } from '../check.js'
import { type BranchModules, Branches } from './branches.js'
import { Shared } from './junction.js'
import { markBuiltIn } from './built-in.js'

/**
 * Gives every module the same input and adds their outputs, which have one shape:
 *
 * y = m1(x) + m2(x) + …; dx = dx1 + dx2 + ….
 *
 * @example
 * new nn.Parallel([new nn.Linear(8, 4), new nn.Sequential(new nn.Linear(8, 4), new nn.Tanh())])
 *
 * Source: Xie et al., Aggregated residual transformations for deep neural networks (2017).
 */
export class Parallel extends Branches {
  static {
    markBuiltIn(this, (parallel) => [Object.fromEntries(parallel.namedChildren())])
  }

  /** @throws ValueError when there is no module or a name is bad. */
  constructor(modules: BranchModules) {
    checkArguments(new.target.name, 1, arguments)
    super(modules, new Shared(), new Shared())
  }
}
