import { checkArguments } from '../check.js'
import { complaint, ShapeError } from '../errors.js'
import { add } from '../ops/binary.js'
import { formatShape, type Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { type BranchModules, Branches } from './branches.js'
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
    super(modules)
  }

  override forward(input: Tensor): Tensor {
    const outputs = Array.from(this, (module) => module.forward(input))
    return outputs.reduce((sum, output) => {
      if (sameShape(output.shape, sum.shape)) return add(sum, output)
      const [expected, got] = [formatShape(sum.shape), formatShape(output.shape)]
      const what = 'what all branches give'
      throw new ShapeError(complaint(this.describe(), what, `of one shape, ${expected}`, got))
    })
  }
}
