import { checkArguments } from '../check.js'
import { complaint, ShapeError } from '../errors.js'
import { callFor } from '../kernels/backend.js'
import { PointwiseLossKind } from '../kernels/pointwise-loss.js'
import { readOptions } from '../options.js'
import { sum } from '../ops/reduce.js'
import type { Tensor } from '../tensor/tensor.js'
import { classSizes } from './classes.js'
import { CRITERION, type CriterionOptions, type ReductionName } from './criterion.js'
import { nonDefault, PointwiseLoss } from './pointwise-loss.js'

const NAME = 'ProbabilityCrossEntropyLoss'

/**
 * Cross entropy of probabilities p with any weights y of the classes, one-hot labels among them:
 *
 *   L(p, y) = -sum over the classes c of y_c log p_c,   dL/dp_c = -y_c / p_c,
 *
 * averaged over the samples. The weights need not add up to 1 nor be positive. A class of weight 0
 * adds nothing, also where its probability is 0; a positive weight on a probability of 0 costs
 * Infinity.
 *
 * Shapes: prediction (N, C), (C) for a single sample, or (N, C, d1, …); the target has its shape and
 * dtype. The loss is 0-d, or of the shape without the C for reduction `none`.
 *
 * For models that end in a Softmax. Of the numbers before it, `CrossEntropyLoss` gives the same loss,
 * and stays exact where a Softmax reaches 0.
 *
 * Errors: ValueError for a prediction outside [0, 1], before anything is written.
 *
 * @example
 * const p = new nn.Softmax().forward(tensor([[1, 2, 3]]))
 * new nn.ProbabilityCrossEntropyLoss().forward(p, tensor([[0, 0, 1]])).item() // 0.4076
 *
 * Source: Goodfellow, Bengio, Courville: Deep Learning (2016), 3.13;
 * https://www.tensorflow.org/api_docs/python/tf/keras/losses/CategoricalCrossentropy without its
 * normalising and clipping.
 */
export class ProbabilityCrossEntropyLoss extends PointwiseLoss {
  readonly reduction: ReductionName

  /** @throws ValueError for another reduction. */
  constructor(options: CriterionOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    const { reduction } = readOptions(NAME, CRITERION, options)
    super(PointwiseLossKind.crossEntropy, 0, reduction)
    this.reduction = reduction
  }

  protected override computeOutput(prediction: Tensor, target: Tensor): Tensor {
    this.#check(prediction)
    const loss = callFor(NAME, () => super.computeOutput(prediction, target))
    return this.reduction === 'none' ? sum(loss, classDim(loss)) : loss
  }

  protected override computeGradInput(prediction: Tensor, target: Tensor): Tensor {
    this.#check(prediction)
    return callFor(NAME, () => super.computeGradInput(prediction, target))
  }

  /** The number of samples, or of places of all images. */
  protected override divisor({ shape }: Tensor): number {
    if (this.reduction !== 'mean') return 1
    const [outer, , inner] = classSizes(shape)
    return outer * inner
  }

  override extraRepr(): string {
    return nonDefault({ reduction: [this.reduction, 'mean'] })
  }

  #check(prediction: Tensor): void {
    if (prediction.ndim > 0) return
    const expected = 'shape (N, C), (C) or (N, C, d1, …)'
    throw new ShapeError(complaint(NAME, 'the prediction', expected, 'shape ()'))
  }
}

const classDim = ({ ndim }: Tensor): number => (ndim === 1 ? 0 : 1)
