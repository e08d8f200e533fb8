import { complaint, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { empty, formatShape, type Tensor } from '../tensor/tensor.js'
import { checkRoot } from './anomaly.js'
import { checkLike, checkRequires } from './check.js'
import { edgeOf } from './differentiable.js'
import type { History } from './node.js'

/**
 * What a backward pass begins with, and where.
 *
 * @throws ValueError when the tensor requires no gradient, or is no single number and none is given;
 *   ShapeError, DTypeError when the gradient by it is not like it.
 */
export function seedOf(
  who: string,
  tensor: Tensor,
  gradient: Tensor | null,
): [root: History, seed: Tensor] {
  checkRequires(who, tensor)
  if (gradient !== null) checkLike(who, tensor, gradient)
  else if (tensor.length !== 1) {
    throw new ValueError(
      complaint(
        who,
        'the tensor',
        'one number, as a loss is',
        `shape ${formatShape(tensor.shape)}`,
        'give the gradient by it, or sum it up first',
      ),
    )
  }
  checkRoot(tensor)
  return [edgeOf(tensor)!, gradient ?? oneLike(tensor)]
}

function oneLike({ shape, dtype }: Tensor): Tensor {
  const one = empty(shape, dtype)
  kernels().fill({ y: one, n: 1, value: 1 })
  units.add(one)
  return one
}

const units = new WeakSet<Tensor>()

/** Whether a gradient is the 1 that a pass of a loss begins with: nothing has to be multiplied by it. */
export function isUnit(gradient: Tensor): boolean {
  return units.has(gradient)
}
