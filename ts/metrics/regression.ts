import { complaint, DTypeError, ShapeError } from '../errors.js'
import { formatShape, type Tensor } from '../tensor/tensor.js'
import { sameButOnes } from './classes.js'

/**
 * What the metrics of a regression take: two float tensors of one shape, where (N, 1) goes with (N).
 *
 * @throws ShapeError, DTypeError when they are something else.
 */
export function checkRegression(who: string, prediction: Tensor, target: Tensor): void {
  for (const [what, { dtype }] of [
    ['the prediction', prediction],
    ['the target', target],
  ] as const) {
    if (dtype !== 'float32' && dtype !== 'float64') {
      throw new DTypeError(complaint(who, what, 'float32 or float64', dtype))
    }
  }
  if (sameButOnes(prediction.shape, target.shape)) return
  const expected = `shape ${formatShape(prediction.shape)} as the prediction is`
  throw new ShapeError(complaint(who, 'the target', expected, `shape ${formatShape(target.shape)}`))
}
