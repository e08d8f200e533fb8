import { complaint, DTypeError } from '../errors.js'
import { checkFloat } from '../tensor/create.js'
import { noTensor, Tensor } from '../tensor/tensor.js'

/**
 * Refuses operands that are no tensors of one float dtype.
 *
 * @throws ValueError, DTypeError
 */
export function checkOperands(who: string, a: Tensor, b: Tensor = a): void {
  if (!(a instanceof Tensor)) throw noTensor(who, 'an operand', a)
  if (!(b instanceof Tensor)) throw noTensor(who, 'an operand', b)
  if (a.dtype !== 'float32') checkFloat(who, 'the tensor', a.dtype)
  if (a.dtype !== b.dtype) {
    throw new DTypeError(
      complaint(
        who,
        'the operands',
        'of one dtype',
        `${a.dtype} and ${b.dtype}`,
        `use to('${a.dtype}')`,
      ),
    )
  }
}
