import { complaint, ShapeError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { checkFloat } from '../tensor/create.js'
import { type Option, type Options, unchecked } from '../options.js'
import { formatShape, noTensor, type Shape, Tensor } from '../tensor/tensor.js'
import { Workspace } from '../tensor/workspace.js'

/** What the criteria over class indices share: weights of the classes and the index to ignore. */
export interface ClassOptions {
  /** Weight of each class, shape (C). Default: 1 for all. */
  weight?: Tensor
  /** Rows with this class index count for nothing. Default -100. */
  ignoreIndex?: number
}

const IGNORED: Option<number> = {
  initial: -100,
  expected: 'a whole number that int32 can hold',
  accepts: (value) => typeof value === 'number' && value === (value | 0),
}

export const CLASSES = {
  weight: unchecked<Tensor>(),
  ignoreIndex: IGNORED,
} satisfies Options<ClassOptions>

/**
 * @throws ValueError for a weight that is no tensor.
 * @throws ShapeError, DTypeError when weight is not a float vector.
 */
export function checkClassWeight(who: string, weight: Tensor | undefined): void {
  if (weight === undefined) return
  if (!(weight instanceof Tensor)) throw noTensor(who, 'weight', weight)
  checkFloat(who, 'weight', weight.dtype)
  if (weight.ndim !== 1) {
    throw new ShapeError(
      complaint(who, 'weight', 'shape (C)', `shape ${formatShape(weight.shape)}`),
    )
  }
}

/** @throws ShapeError when there is not one weight for each class. */
export function checkClassCount(
  who: string,
  weight: Tensor | null,
  classes: number,
  prediction: Tensor,
): void {
  if (weight === null || weight.length === classes) return
  throw new ShapeError(
    complaint(
      who,
      'weight',
      `shape (${classes}) for a prediction of shape ${formatShape(prediction.shape)}`,
      `shape ${formatShape(weight.shape)}`,
    ),
  )
}

/** A prediction (C), (N, C) or (N, C, d1, …) as (outer, classes, inner). */
export function classSizes(prediction: Shape): readonly [number, number, number] {
  if (prediction.length === 1) return [1, prediction[0]!, 1]
  const inner = prediction.slice(2).reduce((size, dim) => size * dim, 1)
  return [prediction[0]!, prediction[1]!, inner]
}

/** The shape of a prediction's class indices: (), (N) or (N, d1, …). */
export function withoutClasses(prediction: Shape): Shape {
  return Object.freeze(prediction.length === 1 ? [] : [prediction[0]!, ...prediction.slice(2)])
}

/** Class indices as int32, in storage that is reused from step to step. */
export class ClassIndices {
  readonly #kept = new Workspace()

  /** A target of uint8 as int32; any other as it is. */
  of(target: Tensor): Tensor {
    if (target.dtype !== 'uint8') return target
    this.#kept.rewind()
    const indices = this.#kept.takeVector(target.length, 'int32')
    kernels().cast({ x: target, y: indices, n: target.length, scale: 1, shift: 0 })
    return indices
  }
}
