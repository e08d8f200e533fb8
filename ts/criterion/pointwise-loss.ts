import { show } from '../show.js'
import { complaint, DTypeError, ShapeError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { Reduction } from '../kernels/kernels.js'
import { PointwiseLossKind } from '../kernels/pointwise-loss.js'
import { checkFloat } from '../tensor/create.js'
import type { FloatDType } from '../kernels/dtype.js'
import { emptyPooled } from '../tensor/pool.js'
import { formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { Criterion, type ReductionName } from './criterion.js'

const SCALAR: Shape = Object.freeze([])

/** Weights of the elements, each of the prediction's shape and dtype. */
export interface ElementWeights {
  readonly weight: Tensor | null
  readonly positive: Tensor | null
}

const { mse, smoothL1, huber } = PointwiseLossKind
const OF_DIFFERENCE: ReadonlySet<PointwiseLossKind> = new Set([mse, smoothL1, huber])

const UNWEIGHTED: ElementWeights = { weight: null, positive: null }

/** Base of the criteria whose losses each belong to one element of the prediction. */
export abstract class PointwiseLoss extends Criterion {
  readonly #reduction: Reduction

  protected constructor(
    private readonly kind: PointwiseLossKind,
    private readonly parameter: number,
    reduction: ReductionName,
  ) {
    super()
    this.#reduction = Reduction[reduction]
  }

  override get isBuiltIn(): boolean {
    return true
  }

  protected override computeOutput(prediction: Tensor, target: Tensor): Tensor {
    const { weight, positive } = this.#prepared(prediction, target)
    const each = this.#reduction === Reduction.none
    const loss = emptyPooled(each ? prediction.shape : SCALAR, prediction.dtype)
    kernels().pointwiseLoss({
      kind: this.kind,
      x: prediction,
      y: target,
      weight,
      positive,
      loss,
      n: prediction.length,
      parameter: this.parameter,
      eachElement: each,
      divisor: this.divisor(prediction),
    })
    return loss
  }

  protected override computeGradInput(prediction: Tensor, target: Tensor): Tensor {
    const { weight, positive } = this.#prepared(prediction, target)
    const gradient = emptyPooled(prediction.shape, prediction.dtype)
    kernels().pointwiseLossGradient({
      kind: this.kind,
      x: prediction,
      y: target,
      weight,
      positive,
      gradX: gradient,
      n: prediction.length,
      parameter: this.parameter,
      scale: 1 / this.divisor(prediction),
    })
    return gradient
  }

  /** What the loss is divided by. */
  protected override computeLossWeight(prediction: Tensor, target: Tensor): number | Tensor | null {
    if (this.#reduction === Reduction.mean) return this.divisor(prediction)
    return super.computeLossWeight(prediction, target)
  }

  /** What the sum of the losses is divided by. */
  protected divisor(prediction: Tensor): number {
    return this.#reduction === Reduction.mean ? prediction.length : 1
  }

  protected override get isOfDifference(): boolean {
    return OF_DIFFERENCE.has(this.kind)
  }

  /** The weights for a prediction of this shape. */
  protected weights(_shape: Shape, _dtype: FloatDType): ElementWeights {
    return UNWEIGHTED
  }

  #prepared(prediction: Tensor, target: Tensor): ElementWeights {
    const who = this.constructor.name
    const { shape, dtype, length } = prediction
    checkFloat(who, 'the prediction', dtype)
    if (!sameShape(shape, target.shape)) {
      const hint =
        length === target.length ? `use target.reshape([${shape.join(', ')}])` : undefined
      throw new ShapeError(
        complaint(
          who,
          'the target',
          `of the prediction's shape ${formatShape(shape)}`,
          `shape ${formatShape(target.shape)}`,
          hint,
        ),
      )
    }
    if (target.dtype !== dtype) {
      throw new DTypeError(
        complaint(
          who,
          'the target',
          `${dtype} as the prediction is`,
          target.dtype,
          `use target.to('${dtype}')`,
        ),
      )
    }
    return this.weights(shape, dtype)
  }
}

/** What `extraRepr` shows: the options that differ from their defaults. */
export function nonDefault(options: Record<string, readonly [unknown, unknown]>): string {
  return Object.entries(options)
    .filter(([, [value, standard]]) => value !== standard)
    .map(([name, [value]]) => `${name}=${typeof value === 'string' ? value : show(value)}`)
    .join(', ')
}
