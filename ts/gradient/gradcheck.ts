import { complaint, ShapeError } from '../errors.js'
import type { Module } from '../nn/module.js'
import { Generator } from '../random/generator.js'
import { rand } from '../random/sample.js'
import { empty, formatShape, noTensor, Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { checkArguments, isWithin } from '../check.js'
import { flag, type Option, type Options, readOptions, unchecked } from '../options.js'
import {
  type Expected,
  GradcheckError,
  type GradcheckReport,
  indexOf,
  Tally,
} from './gradcheck-report.js'
import { centralDifferences, NUMERICAL, type NumericalOptions } from './numerical.js'
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

/**
 * Holds the backward pass of a module against central differences of its forward pass: all derivatives
 * of all outputs by the input (if it is float) and by all parameters that are trained, each within
 *
 *   |analytical - numerical| ≤ atol + rtol |numerical|,
 *
 * and those of one sum of all outputs with random weights, which shows whether gradients add up. For
 * any module and any shapes, a batch or not, with samples that depend on each other or not. Everything
 * is float64.
 *
 * Choose x at random and away from kinks: at the 0 of a ReLU differences tell nothing.
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
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html
 */
export function gradcheck(
  module: Module,
  x: Tensor,
  options: GradcheckOptions = {},
): GradcheckReport {
  checkArguments('gradcheck', 3, arguments)
  const who = 'gradcheck'
  const given = readOptions(who, OPTIONS, options)
  const { eps, atol, rtol, gradOutput, raiseException } = given
  const report = onTrial(who, module, x, false, (trial) => {
    const tally = new Tally(atol, rtol)
    check(trial, eps, gradOutput ?? null, tally)
    return tally.report(module.describe())
  })
  if (!report.ok && raiseException) throw new GradcheckError(report)
  return report
}

/** What is differentiated by. */
interface Variable {
  readonly name: string
  readonly tensor: Tensor
  /** The derivatives of each output, (outputs, elements); empty where only the sum is wanted. */
  readonly each: Float64Array
  /** Those of the outputs' sum. */
  readonly sum: Expected
  /** The gradient that the last backward pass gave. */
  readonly gradient: (gradInput: Tensor | null) => ArrayLike<number>
}

/** Other than 1, which would hide a gradient that is not multiplied by it; exact to divide by. */
const HOT = 2

function check(trial: Trial, eps: number, gradOutput: Tensor | null, tally: Tally): void {
  const { who, module, input } = trial
  const differentiable = input.dtype === 'float32' || input.dtype === 'float64'
  const trained = trial.trained()
  checkDouble(who, { ...(differentiable && { x: input }), ...Object.fromEntries(trained) })
  const output = trial.forward()
  checkDouble(who, { 'the output': output })
  const sumWeights = gradOutput === null ? randomWeights(output) : checked(gradOutput, output)
  const outs = gradOutput === null ? output.length : 0

  const by = (tensor: Tensor): Pick<Variable, 'tensor' | 'each' | 'sum'> => ({
    tensor,
    ...differences(trial, tensor, eps, outs, sumWeights),
  })
  const variables: Variable[] = trained.map(([name, parameter]) => ({
    name,
    ...by(parameter),
    // null where no output depends on it, as far as the module knows
    gradient: () => parameter.grad?.data ?? new Float64Array(parameter.length),
  }))
  if (differentiable) {
    const gradient = (gradInput: Tensor | null): ArrayLike<number> => gradInput!.data
    variables.unshift({ name: 'input', ...by(input), gradient })
  }

  trial.forward()
  const backward = (weights: Tensor): Tensor | null => {
    module.zeroGrad()
    if (differentiable) return trial.backward(weights)
    module.backwardParameters(input, weights)
    return null
  }
  const hot = empty(output.shape, 'float64')
  for (let o = 0; o < outs; o++) {
    hot.data[o] = HOT
    const gradInput = backward(hot)
    const place = indexOf(o, output.shape)
    for (const { name, tensor, each, gradient } of variables) {
      const actual = Float64Array.from(gradient(gradInput), (value) => value / HOT)
      const slopes = each.subarray(o * tensor.length, (o + 1) * tensor.length)
      tally.compare(name, tensor.shape, place, actual, {
        slopes,
        sizes: slopes.map(Math.abs),
        weight: 1,
      })
    }
    hot.data[o] = 0
  }
  const gradInput = backward(sumWeights)
  for (const { name, tensor, sum, gradient } of variables) {
    tally.compare(name, tensor.shape, null, gradient(gradInput), sum)
  }
}

/** The derivatives of the first `outs` outputs and of the weighted sum of all. */
function differences(
  trial: Trial,
  tensor: Tensor,
  eps: number,
  outs: number,
  { data: weights }: Tensor,
): Pick<Variable, 'each' | 'sum'> {
  const n = tensor.length
  const each = new Float64Array(outs * n)
  const slopes = new Float64Array(n)
  const sizes = new Float64Array(n)
  const values = (): ArrayLike<number> => trial.forward().data
  centralDifferences(tensor, eps, values, (element, column) => {
    for (let o = 0; o < outs; o++) each[o * n + element] = column[o]!
    for (let o = 0; o < column.length; o++) {
      const term = weights[o]! * column[o]!
      slopes[element]! += term
      sizes[element]! += Math.abs(term)
    }
  })
  let weight = 0
  for (const value of weights) weight += Math.abs(value)
  return { each, sum: { slopes, sizes, weight } }
}

/** From -1 to 1, the same each time. */
function randomWeights({ shape }: Tensor): Tensor {
  const weights = rand(shape, { dtype: 'float64', generator: new Generator(1) })
  for (let i = 0; i < weights.length; i++) weights.data[i] = 2 * weights.data[i]! - 1
  return weights
}

function checked(gradOutput: Tensor, { shape }: Tensor): Tensor {
  const who = 'gradcheck'
  if (!(gradOutput instanceof Tensor)) throw noTensor(who, 'gradOutput', gradOutput)
  if (!sameShape(gradOutput.shape, shape)) {
    throw new ShapeError(
      complaint(
        who,
        'gradOutput',
        `of the output's shape ${formatShape(shape)}`,
        `shape ${formatShape(gradOutput.shape)}`,
      ),
    )
  }
  checkDouble(who, { gradOutput })
  return gradOutput
}
