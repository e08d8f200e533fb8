import { checkArguments } from '../../check.js'
import { complaint, ShapeError } from '../../errors.js'
import { add } from '../../ops/binary.js'
import { einsum } from '../../ops/einsum.js'
import { formatShape, type Tensor } from '../../tensor/tensor.js'
import { sameShape } from '../../tensor/workspace.js'
import { beside, checkInput, operandBeside } from './applied.js'

/**
 * y_k = a^T W_k b + c_k.
 *
 * Shapes: a (…, n) and b (…, m), weight (out, n, m), bias c (out); result (…, out).
 *
 * @throws ShapeError, DTypeError unless they go together.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.bilinear.html
 */
export function bilinear(a: Tensor, b: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  const who = 'bilinear'
  checkArguments(who, 4, arguments)
  checkInput(who, a, 'the first input')
  operandBeside(who, a, 'the second input', b)
  const [out = 0, n, m] = operandBeside(who, a, 'the weight', weight).shape
  const leading = a.shape.slice(0, -1)
  const fits =
    weight.ndim === 3 &&
    sameShape(a.shape, [...leading, n!]) &&
    sameShape(b.shape, [...leading, m!])
  if (!fits) {
    const given = [a, b, weight].map(({ shape }) => formatShape(shape))
    const expected = '(…, n), (…, m) and (out, n, m)'
    throw new ShapeError(complaint(who, 'the shapes', expected, given.join(', ')))
  }
  const shift = beside(who, a, 'the bias', bias, [out])
  const y = einsum('...n,onm,...m->...o', a, weight, b)
  return shift === null ? y : add(y, shift)
}
