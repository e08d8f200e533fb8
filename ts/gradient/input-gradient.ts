import { checkArguments } from '../check.js'
import type { Criterion } from '../criterion/criterion.js'
import type { Module } from '../nn/module.js'
import { checkFloat } from '../tensor/create.js'
import { noTensor, Tensor } from '../tensor/tensor.js'
import { checkCriterion } from '../train/arguments.js'
import { onTrial } from './trial.js'

/**
 * Gradient of the loss by the input of a whole network, as saliency maps and adversarial examples need
 * it. With reduction `none` or `sum` row n is the gradient of the loss of sample n (where samples do
 * not depend on each other); with `mean` it is that divided by their number.
 *
 * The same as `model.backward(x, criterion.backward(model.forward(x), y))`, but gradients by the
 * parameters are neither computed nor changed, and the model is afterwards as it was, as after
 * `jacobian`.
 *
 * @returns a tensor of the shape and dtype of x.
 * @throws ShapeError, DTypeError when model, x, criterion and y do not fit each other; CaptureError
 *   while a step is being captured.
 *
 * @example
 * const gradient = inputGradient(model, new nn.CrossEntropyLoss({ reduction: 'sum' }), x, y)
 * const adversarial = add(x, mul(sign(gradient), tensor(0.1))) // the fast gradient sign method
 */
export function inputGradient(model: Module, criterion: Criterion, x: Tensor, y: Tensor): Tensor {
  checkArguments('inputGradient', 4, arguments)
  const who = 'inputGradient'
  checkCriterion(who, criterion)
  if (!(y instanceof Tensor)) throw noTensor(who, 'y', y)
  return onTrial(who, model, x, true, (trial) => {
    checkFloat(who, 'x', x.dtype)
    return trial.backward(criterion.backward(trial.forward(), y))
  })
}
