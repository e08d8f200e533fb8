import { checkArguments } from '../check.js'
import type { Module } from '../nn/module.js'
import { Generator } from '../random/generator.js'
import { rand } from '../random/sample.js'
import { checkFloat } from '../tensor/create.js'
import { empty, type Tensor } from '../tensor/tensor.js'
import { onTrial, type SampleSizes, sampleSizes, type Trial } from './trial.js'

/**
 * Jacobian of each sample: J[n, o, i] = d y[n, o] / d x[n, i], with the elements of a sample numbered
 * in their order in memory. For any module, of a user's own too, by its backward passes.
 *
 * Shapes: x (N, …) with an output (N, …); the result is (N, out, in) in the dtype of x, with the sizes
 * of one sample of the output and of the input. It holds N · out · in numbers.
 *
 * Takes `out` backward passes over the batch, and 2 ⌈log₂ N⌉ more that find out whether the samples
 * depend on each other. Where they do, as in a BatchNorm in training, it takes N · out passes; what one
 * sample's output owes to the others' input is not part of the result.
 *
 * The module computes in the mode that it is in; dropout draws one mask for all. Afterwards it is as it
 * was, gradients, running statistics and generators included.
 *
 * @throws ShapeError when x and the output do not hold a sample in each row.
 * @throws DTypeError when x is not float; CaptureError while a step is being captured.
 *
 * @example
 * jacobian(new nn.Linear(3, 4), randn([2, 3])).shape // [2, 4, 3]
 */
export function jacobian(module: Module, x: Tensor): Tensor {
  checkArguments('jacobian', 2, arguments)
  const who = 'jacobian'
  return onTrial(who, module, x, true, (trial) => {
    checkFloat(who, 'x', x.dtype)
    const output = trial.forward()
    const sizes = sampleSizes(trial, x, output)
    const { batch, outs, ins } = sizes
    const result = empty([batch, outs, ins], x.dtype)
    if (result.length === 0) return result
    const hot = empty(output.shape, output.dtype)
    const together = !dependOnEachOther(trial, output, sizes)
    for (let o = 0; o < outs; o++) {
      for (let first = 0; first < batch; first += together ? batch : 1) {
        const end = together ? batch : first + 1
        for (let n = first; n < end; n++) hot.data[n * outs + o] = 1
        const gradInput = trial.backward(hot)
        for (let n = first; n < end; n++) {
          const row = gradInput.data.subarray(n * ins, (n + 1) * ins)
          result.data.set(row, (n * outs + o) * ins)
        }
        for (let n = first; n < end; n++) hot.data[n * outs + o] = 0
      }
    }
    return result
  })
}

/**
 * Jacobian of each sample by each parameter that is trained: J[n, o, k] = d y[n, o] / d parameter[k],
 * by the parameter's path, with the elements numbered in their order in memory. For any module, of a
 * user's own too, by its backward passes.
 *
 * Shapes: x (N, …) with an output (N, …); the results are (N, out, length of the parameter) in the
 * parameter's dtype. A parameter that the output does not depend on gets zeros.
 *
 * Takes N · out backward passes over the batch. The module is afterwards as it was, as after
 * `jacobian`.
 *
 * @throws ShapeError when x and the output do not hold a sample in each row.
 * @throws CaptureError while a step is being captured.
 *
 * @example
 * const { weight, bias } = parameterJacobians(new nn.Linear(3, 4), randn([2, 3]))
 * weight.shape // [2, 4, 12]
 * bias.shape   // [2, 4, 4]
 */
export function parameterJacobians(module: Module, x: Tensor): Record<string, Tensor> {
  checkArguments('parameterJacobians', 2, arguments)
  return onTrial('parameterJacobians', module, x, false, (trial) => {
    const output = trial.forward()
    const { batch, outs } = sampleSizes(trial, x, output)
    const results = trial.trained().map(([name, parameter]) => {
      const result = empty([batch, outs, parameter.length], parameter.dtype)
      return { name, parameter, result }
    })
    const hot = empty(output.shape, output.dtype)
    for (let row = 0; row < output.length; row++) {
      hot.data[row] = 1
      module.zeroGrad()
      module.backwardParameters(trial.input, hot)
      for (const { parameter, result } of results) {
        if (parameter.grad !== null) result.data.set(parameter.grad.data, row * parameter.length)
      }
      hot.data[row] = 0
    }
    return Object.fromEntries(results.map(({ name, result }) => [name, result]))
  })
}

/**
 * Whether a sample's output depends on another sample's input. Any two samples differ in a bit of
 * their numbers, so for each bit the gradient of those that have it must not reach the others, nor the
 * other way round. Random weights of the outputs keep gradients from cancelling.
 */
function dependOnEachOther(
  trial: Trial,
  output: Tensor,
  { batch, outs, ins }: SampleSizes,
): boolean {
  const { data: weights } = rand(output.shape, { dtype: 'float64', generator: new Generator(1) })
  const gradOutput = empty(output.shape, output.dtype)
  for (let bit = 1; bit < batch; bit *= 2) {
    for (const half of [0, bit]) {
      const chosen = (n: number): boolean => (n & bit) === half
      for (let i = 0; i < gradOutput.length; i++) {
        gradOutput.data[i] = chosen(Math.floor(i / outs)) ? 0.5 + weights[i]! : 0
      }
      const { data } = trial.backward(gradOutput)
      for (let i = 0; i < data.length; i++) {
        if (data[i] !== 0 && !chosen(Math.floor(i / ins))) return true
      }
    }
  }
  return false
}
