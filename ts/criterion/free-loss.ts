import { complaint, DTypeError, ShapeError } from '../errors.js'
import type { FloatDType } from '../kernels/dtype.js'
import { mean, sum } from '../ops/reduce.js'
import { checkFloat } from '../tensor/create.js'
import { formatShape, type Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { Criterion, type ReductionName } from './criterion.js'

/** Base of the criteria whose `forward` is functions of tensors, and their backward its graph's. */
export abstract class FreeLoss<
  I extends readonly Tensor[] = [prediction: Tensor, target: Tensor],
  G extends Tensor | readonly (Tensor | null)[] = Tensor,
> extends Criterion<I, G> {
  abstract readonly reduction: ReductionName

  override get isBuiltIn(): boolean {
    return true
  }

  protected reduced(losses: Tensor): Tensor {
    if (this.reduction === 'none') return losses
    return this.reduction === 'sum' ? sum(losses) : mean(losses)
  }
}

/** Criteria of three inputs: gradients by each of them. */
export type ThreeGradients = readonly [Tensor, Tensor, Tensor]

/**
 * Refuses a target, say, that is no tensor like the prediction.
 *
 * @throws ShapeError, DTypeError
 */
export function checkAlike(
  who: string,
  what: string,
  target: Tensor,
  prediction: Tensor,
  as = 'prediction',
): asserts prediction is Tensor & { dtype: FloatDType } {
  const { shape, dtype, length } = prediction
  checkFloat(who, `the ${as}`, dtype)
  if (!sameShape(shape, target.shape)) {
    const hint = length === target.length ? `use target.reshape([${shape.join(', ')}])` : undefined
    const expected = `of the ${as}'s shape ${formatShape(shape)}`
    const got = `shape ${formatShape(target.shape)}`
    throw new ShapeError(complaint(who, what, expected, got, hint))
  }
  if (target.dtype !== dtype) {
    const expected = `${dtype} as the ${as} is`
    throw new DTypeError(complaint(who, what, expected, target.dtype, `use target.to('${dtype}')`))
  }
}

/** A target of whole numbers, 1 and -1 say, in the prediction's dtype. */
export function converted(target: Tensor, { dtype }: Tensor): Tensor {
  return target.dtype === 'int32' || target.dtype === 'uint8' ? target.to(dtype) : target
}
