import { complaint, ShapeError } from '../errors.js'
import { formatShape, noTensor, Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { checkDouble } from './trial.js'

/** @throws ValueError, ShapeError, DTypeError unless weights of the outputs are like these. */
export function checkGradOutput(who: string, gradOutput: Tensor, { shape }: Tensor): void {
  if (!(gradOutput instanceof Tensor)) throw noTensor(who, 'gradOutput', gradOutput)
  if (!sameShape(gradOutput.shape, shape)) {
    const expected = `of the output's shape ${formatShape(shape)}`
    const got = `shape ${formatShape(gradOutput.shape)}`
    throw new ShapeError(complaint(who, 'gradOutput', expected, got))
  }
  checkDouble(who, { gradOutput })
}
