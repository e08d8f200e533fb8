import { checkArguments } from '../check.js'
import { PointwiseLossKind } from '../kernels/pointwise-loss.js'
import type { FloatDType } from '../kernels/dtype.js'
import { type Options, readOptions, unchecked } from '../options.js'
import { formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { BCE, type BCELossOptions } from './bce.js'
import type { ReductionName } from './criterion.js'
import { Expanded } from './expanded.js'
import { type ElementWeights, nonDefault, PointwiseLoss } from './pointwise-loss.js'

export interface BCEWithLogitsLossOptions extends BCELossOptions {
  /**
   * Factor of what the target's positive share adds, usually shape (C), one number for each class;
   * broadcast to the prediction's shape. Default: 1.
   */
  posWeight?: Tensor
}

const OPTIONS = {
  ...BCE,
  posWeight: unchecked<Tensor>(),
} satisfies Options<BCEWithLogitsLossOptions>

/**
 * Binary cross entropy of logits: -w (p y log s(x) + (1 - y) log(1 - s(x))) with s = sigmoid, for a
 * prediction x and a target y, averaged over all elements. Stable for logits of any size.
 *
 * Shapes: prediction and target alike, of any shape; the loss is 0-d, or of that shape for reduction
 * `none`.
 *
 * @example
 * // three times as many negatives as positives
 * new nn.BCEWithLogitsLoss({ posWeight: tensor([3]) })
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html
 */
export class BCEWithLogitsLoss extends PointwiseLoss {
  readonly weight: Tensor | null
  readonly posWeight: Tensor | null
  readonly reduction: ReductionName
  readonly #weight: Expanded | null
  readonly #posWeight: Expanded | null

  /**
   * @throws ValueError for another reduction.
   * @throws DTypeError when weight or posWeight is not float.
   */
  constructor(options: BCEWithLogitsLossOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    const { weight, posWeight, reduction } = readOptions('BCEWithLogitsLoss', OPTIONS, options)
    super(PointwiseLossKind.bceWithLogits, 0, reduction)
    const expanded = (what: string, source: Tensor | undefined): Expanded | null =>
      source === undefined ? null : new Expanded('BCEWithLogitsLoss', what, source)
    this.weight = weight ?? null
    this.posWeight = posWeight ?? null
    this.#weight = expanded('weight', weight)
    this.#posWeight = expanded('posWeight', posWeight)
    this.reduction = reduction
  }

  /** 0, for logits. */
  override get threshold(): number {
    return 0
  }

  protected override weights(shape: Shape, dtype: FloatDType): ElementWeights {
    return {
      weight: this.#weight?.to(shape, dtype) ?? null,
      positive: this.#posWeight?.to(shape, dtype) ?? null,
    }
  }

  override extraRepr(): string {
    return nonDefault({
      weight: [this.weight && formatShape(this.weight.shape), null],
      posWeight: [this.posWeight && formatShape(this.posWeight.shape), null],
      reduction: [this.reduction, 'mean'],
    })
  }
}
