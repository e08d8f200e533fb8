import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { formatShape, noTensor, Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'

/** @throws ShapeError, DTypeError, ValueError unless a gradient is one, and like what it is the gradient by. */
export function checkLike(
  who: string,
  like: Pick<Tensor, 'shape' | 'dtype'>,
  gradient: unknown,
  what = 'the gradient',
): asserts gradient is Tensor {
  if (!(gradient instanceof Tensor)) throw noTensor(who, what, gradient)
  if (!sameShape(gradient.shape, like.shape)) {
    const expected = `shape ${formatShape(like.shape)}`
    const got = `shape ${formatShape(gradient.shape)}`
    throw new ShapeError(complaint(who, what, expected, got))
  }
  if (gradient.dtype !== like.dtype) {
    throw new DTypeError(complaint(who, what, like.dtype, gradient.dtype))
  }
}

/** The error for something that an operation has saved and that is not as it was. */
export function written(op: string, tensor: Tensor): ValueError {
  return new ValueError(
    complaint(
      'backward',
      `what ${op} saved`,
      'as it was',
      `${tensor.toString()} that was written since`,
      'run backward before an optimizer or an init function changes it, or give the operation a clone()',
    ),
  )
}

/** @throws ValueError unless it requires a gradient. */
export function checkRequires(who: string, tensor: Tensor): void {
  if (tensor.requiresGrad) return
  throw new ValueError(
    complaint(
      who,
      'the tensor',
      'computed from one that requires a gradient, outside of noGrad',
      `${tensor.toString()} without history`,
    ),
  )
}
