import { complaint, DTypeError, ShapeError } from '../errors.js'
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
