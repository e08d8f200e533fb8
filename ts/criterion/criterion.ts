import { notePass, noteUse } from '../kernels/backend.js'
import { Reduction } from '../kernels/kernels.js'
import { choice, type Options } from '../options.js'
import { Pass } from '../tensor/pass.js'
import { noTensor, Tensor } from '../tensor/tensor.js'

/** `none`: one loss a row or element; `mean` and `sum` of them: one number. */
export type ReductionName = keyof typeof Reduction

export interface CriterionOptions {
  /** Default `mean`. */
  reduction?: ReductionName
}

/** What every criterion takes. */
export const CRITERION = {
  reduction: choice(['none', 'mean', 'sum'], 'mean'),
} satisfies Options<CriterionOptions>

const NAMES = ['the prediction', 'the target']

/**
 * Base class of loss functions. A custom one writes `computeOutput` and `computeGradInput`; one of other
 * inputs says in its type what it takes and which gradients it gives:
 * `Criterion<[anchor: Tensor, positive: Tensor, negative: Tensor], [Tensor, Tensor, Tensor]>`.
 *
 * @example
 * const loss = criterion.forward(prediction, target) // 0-d; loss.item() is the number
 * model.backward(input, criterion.backward(prediction, target))
 */
export abstract class Criterion<
  I extends readonly Tensor[] = [prediction: Tensor, target: Tensor],
  G extends Tensor | readonly (Tensor | null)[] = Tensor,
> {
  /**
   * From which prediction on a sample with a single number is of class 1, for metrics that `fit` and
   * `evaluate` compute: 0.5, for probabilities.
   */
  get threshold(): number {
    return 0.5
  }

  readonly #pass = new Pass(this, null)

  /** Result of the last `forward`; null before the first, and after a capture, which computes none. */
  get output(): Tensor | null {
    return this.#pass.isDone ? (this.#pass.output as Tensor) : null
  }

  /** The call at work, or the last one: in `computeOutput` the place for what its backward needs. */
  protected get pass(): Pass {
    return this.#pass
  }

  /**
   * The call with these inputs and what its forward has kept: the last one, or one that is made now, for a
   * backward needs no forward before it.
   */
  protected passOf(...inputs: I): Pass {
    if (!this.#pass.isOf(inputs[0], inputs)) this.forward(...inputs)
    return this.#pass
  }

  /** The loss of a prediction. */
  protected abstract computeOutput(...inputs: I): Tensor

  /** Gradient of the loss by the prediction; of the sum of the losses where there are many. */
  protected abstract computeGradInput(...inputs: I): G

  /**
   * The loss, in storage of its own: a 0-d tensor for the reductions `mean` and `sum`.
   *
   * @throws ShapeError, DTypeError when prediction and target do not fit each other.
   */
  forward(...inputs: I): Tensor {
    this.#check(inputs)
    notePass(this)
    this.#pass.begin()
    const output = this.computeOutput(...inputs)
    this.#pass.end(output, inputs[0]!, inputs)
    return output
  }

  /**
   * Gradient of the loss by the prediction, in storage of its own. With reduction `none` it is that of
   * the sum of the losses.
   *
   * @throws ShapeError, DTypeError when prediction and target do not fit each other.
   */
  backward(...inputs: I): G {
    this.#check(inputs)
    this.#pass.beginBackward()
    return this.computeGradInput(...inputs)
  }

  /**
   * What the loss of a batch counts beside those of others: their mean with these weights is the loss of
   * all samples together, wherever batches are cut. A number, or a tensor of one element, valid until the
   * next batch, where the values of the targets decide it; 0 where every target is ignored. Null where
   * losses are added up instead.
   *
   * @throws ShapeError, DTypeError when prediction and target do not fit each other.
   */
  lossWeight(...inputs: I): number | Tensor | null {
    this.#check(inputs)
    return this.computeLossWeight(...inputs)
  }

  /**
   * What `lossWeight` returns. By default the number of samples, and null where `reduction` is `sum`.
   */
  protected computeLossWeight(...[first]: I): number | Tensor | null {
    return (this as { reduction?: unknown }).reduction === 'sum' ? null : (first!.shape[0] ?? 1)
  }

  #check(inputs: readonly unknown[]): void {
    noteUse(this)
    const count = Math.max(inputs.length, this.computeOutput.length)
    for (let i = 0; i < count; i++) {
      if (inputs[i] instanceof Tensor) continue
      throw noTensor(this.constructor.name, NAMES[i] ?? `input ${i}`, inputs[i])
    }
  }

  /** The arguments the criterion was made with, as `toString` shows them. */
  extraRepr(): string {
    return ''
  }

  toString(): string {
    return `${this.constructor.name}(${this.extraRepr()})`
  }
}
