import { show } from '../show.js'
import { kernels } from '../kernels/backend.js'
import { Reduction } from '../kernels/kernels.js'
import { PointwiseLossKind } from '../kernels/pointwise-loss.js'
import type { FloatDType } from '../kernels/dtype.js'
import { emptyPooled } from '../tensor/pool.js'
import { allocate } from '../tensor/workspace.js'
import type { Shape, Tensor } from '../tensor/tensor.js'
import { Criterion, type ReductionName } from './criterion.js'
import { checkAlike } from './free-loss.js'

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
    const gradient = allocate(prediction.shape, prediction.dtype)
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
    checkAlike(this.constructor.name, 'the target', target, prediction)
    const { shape, dtype } = prediction
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
