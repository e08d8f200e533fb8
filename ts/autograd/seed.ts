import { complaint, ValueError } from '../errors.js'
import type { FloatDType } from '../kernels/dtype.js'
import { fromTypedArray, full } from '../tensor/create.js'
import { formatShape, type Tensor } from '../tensor/tensor.js'
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

const UNITS = {
  float32: fromTypedArray(new Float32Array([1]), []),
  float64: fromTypedArray(new Float64Array([1]), []),
}

/** Nothing writes into it: a gradient is only added into where it is nobody else's. */
function oneLike({ shape, dtype }: Tensor): Tensor {
  const unit = UNITS[dtype as FloatDType]
  return shape.length === 0 ? unit : full(shape, 1, { dtype: dtype as FloatDType })
}

/** Whether a gradient is the 1 that a pass of a loss begins with: nothing has to be multiplied by it. */
export function isUnit(gradient: Tensor): boolean {
  return gradient === UNITS.float32 || gradient === UNITS.float64
}
