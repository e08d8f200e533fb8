// Functions whose shape depends on numbers: they read them, so no step that holds one can be captured.
import { checkArguments } from '../check.js'
import { complaint, DTypeError } from '../errors.js'
import { refuseWhileRecording } from '../kernels/backend.js'
import { repeated } from '../tensor/strided.js'
import { checkTensor, empty, type Tensor } from '../tensor/tensor.js'
import { commonShape } from './broadcast.js'
import { expand } from './expand.js'
import { indexSelect } from './gather.js'

const HINT = 'its shape depends on numbers; where() keeps the shape'

/**
 * The elements of `x` where a mask is not 0, as a vector; any dtype. Both are broadcast.
 *
 * @param mask uint8.
 * @throws ShapeError when the shapes do not go together.
 * @throws DTypeError for another mask.
 * @throws CaptureError while a step is being captured.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.masked_select.html
 */
export function maskedSelect(x: Tensor, mask: Tensor): Tensor {
  checkArguments('maskedSelect', 2, arguments)
  checkTensor('maskedSelect', x)
  checkTensor('maskedSelect', mask, 'the mask')
  if (mask.dtype !== 'uint8') {
    throw new DTypeError(complaint('maskedSelect', 'the mask', 'uint8', mask.dtype))
  }
  refuseWhileRecording('maskedSelect', HINT)
  const shape = commonShape('maskedSelect', x.shape, mask.shape)
  const places = placesOfOthers(repeated(mask, shape))
  return indexSelect(expand(x, shape).reshape([-1]), 0, places)
}

/**
 * The places of the elements that are not 0, NaN among them: int32, a row for each, a column for each
 * dimension.
 *
 * @throws CaptureError while a step is being captured.
 *
 * @example
 * nonzero(tensor([[0, 5], [7, 0]])).toArray() // [[0, 1], [1, 0]]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nonzero.html
 */
export function nonzero(x: Tensor): Tensor {
  checkArguments('nonzero', 1, arguments)
  checkTensor('nonzero', x)
  refuseWhileRecording('nonzero', HINT)
  const { shape, ndim } = x
  const flat = placesOfOthers(x).elements
  const result = empty([flat.length, ndim], 'int32')
  const { elements } = result
  for (let i = 0; i < flat.length; i++) {
    let rest = flat[i]!
    for (let dim = ndim - 1; dim >= 0; dim--) {
      elements[i * ndim + dim] = rest % shape[dim]!
      rest = Math.floor(rest / shape[dim]!)
    }
  }
  return result
}

/** The places in memory of what is not 0. */
function placesOfOthers(x: Tensor): Tensor {
  const { elements } = x
  let count = 0
  for (let i = 0; i < elements.length; i++) if (elements[i] !== 0) count++
  const places = empty([count], 'int32')
  const found = places.elements
  for (let i = 0, next = 0; i < elements.length; i++) if (elements[i] !== 0) found[next++] = i
  return places
}
