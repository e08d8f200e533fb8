import type { Module } from '../nn/module.js'
import { empty, type Tensor } from '../tensor/tensor.js'
import { checkArguments, isWithin } from '../check.js'
import { flag, type Option, type Options, readOptions, unchecked } from '../options.js'
import { compare, randomWeights, type Subject, type Tolerances, type Variable } from './compare.js'
import { checkGradOutput } from './grad-output.js'
import { checkFunction, type TensorFunction } from './gradcheck-function.js'
import { GradcheckError, type GradcheckReport, indexOf } from './gradcheck-report.js'
import { NUMERICAL, type NumericalOptions } from './numerical.js'
import { checkDouble, onTrial, type Trial } from './trial.js'

export interface GradcheckOptions extends NumericalOptions {
  /** Absolute tolerance. Default 1e-5. */
  atol?: number
  /** Relative tolerance. Default 1e-3. */
  rtol?: number
  /**
   * Checks nothing but the derivatives of sum(gradOutput · output), by one backward pass, where the
   * output has many elements; the tolerances are multiplied by these weights. Default: all outputs.
   */
  gradOutput?: Tensor
  /** Whether derivatives that are wrong throw. Default true. */
  raiseException?: boolean
}

function tolerance(initial: number): Option<number> {
  const accepts = (value: unknown): boolean => isWithin(value, 0, Infinity)
  return { initial, expected: 'a number of at least 0', accepts }
}

const OPTIONS = {
  ...NUMERICAL,
  atol: tolerance(1e-5),
  rtol: tolerance(1e-3),
  gradOutput: unchecked<Tensor>(),
  raiseException: flag(true),
} satisfies Options<GradcheckOptions>

const WHO = 'gradcheck'

/**
 * Holds gradients against central differences: those of a module, all derivatives of all outputs by the
 * input (if it is float) and by all parameters that are trained, or those of a function of tensors by its
 * inputs, each within
 *
 *   |analytical - numerical| ≤ atol + rtol |numerical|,
 *
 * and those of one sum of all outputs with random weights, which shows whether gradients add up. For
 * any module and any shapes, a batch or not, with samples that depend on each other or not. Of the inputs
 * of a function it differentiates by those that require a gradient, or by all floats where none does.
 * Everything is float64.
 *
 * Choose x at random and away from kinks: at the 0 of a ReLU differences tell nothing. Where a derivative
 * does not agree and the slopes to the left and right differ, the report says so.
 *
 * Takes a backward pass for each element of the output, and two forward passes for each element of x
 * and of the parameters: try small sizes. The module computes in the mode that it is in; dropout draws
 * one mask for all. Afterwards the module is as it was, gradients, running statistics and generators
 * included.
 *
 * @throws GradcheckError, with the report, when a derivative is wrong, unless `raiseException` is
 *   false.
 * @throws DTypeError unless module and x are float64; ShapeError when gradOutput is not of the output's
 *   shape; ValueError for an option out of range; CaptureError while a step is being captured.
 *
 * @example
 * gradcheck(new MyLayer().to('float64'), randn([3, 4], { dtype: 'float64' }))
 * gradcheck((a, b) => div(a, exp(b)), [randn([3], { dtype: 'float64' }), randn([2, 3], { dtype: 'float64' })])
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html
 */
export function gradcheck(module: Module, x: Tensor, options?: GradcheckOptions): GradcheckReport
export function gradcheck(
  fn: TensorFunction,
  inputs: Tensor | readonly Tensor[],
  options?: GradcheckOptions,
): GradcheckReport
export function gradcheck(
  of: Module | TensorFunction,
  given: Tensor | readonly Tensor[],
  options: GradcheckOptions = {},
): GradcheckReport {
  checkArguments('gradcheck', 3, arguments)
  const { gradOutput = null, raiseException, ...tolerances } = readOptions(WHO, OPTIONS, options)
  const report =
    typeof of === 'function'
      ? checkFunction(WHO, of, given, gradOutput, tolerances)
      : onTrial(WHO, of, given as Tensor, false, (trial) =>
          checkModule(trial, gradOutput, tolerances),
        )
  if (!report.ok && raiseException) throw new GradcheckError(report)
  return report
}

function checkModule(
  trial: Trial,
  gradOutput: Tensor | null,
  tolerances: Tolerances,
): GradcheckReport {
  const { who, module, input } = trial
  const differentiable = input.dtype === 'float32' || input.dtype === 'float64'
  const trained = trial.trained()
  checkDouble(who, { ...(differentiable && { x: input }), ...Object.fromEntries(trained) })
  const output = trial.forward()
  checkDouble(who, { 'the output': output })
  if (gradOutput !== null) checkGradOutput(who, gradOutput, output)
  const { shape } = output
  let gradInput: Tensor | null = null
  // A parameter without a gradient: no output depends on it, as far as the module knows.
  const variables: Variable[] = trained.map(([name, tensor]) => ({
    name,
    tensor,
    gradient: () => tensor.grad,
  }))
  if (differentiable) {
    variables.unshift({ name: 'input', tensor: input, gradient: () => gradInput })
  }
  const hot = empty(shape, 'float64')
  const subject: Subject = {
    name: module.describe(),
    variables,
    values: () => trial.forward().data,
    backward(weights) {
      hot.data.set(weights)
      module.zeroGrad()
      if (differentiable) gradInput = trial.backward(hot)
      else module.backwardParameters(input, hot)
    },
    place: (element) => indexOf(element, shape),
  }
  const weights =
    gradOutput === null ? randomWeights(output.length) : Float64Array.from(gradOutput.data)
  return compare(subject, weights, gradOutput === null, tolerances)
}
