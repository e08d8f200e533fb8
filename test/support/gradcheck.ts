import { expect } from 'chai'

import type { nn, Tensor } from '../../ts/index.js'

/**
 * The step of the central differences. (f(x + h) - f(x - h)) / 2h errs by h^2 |f'''| / 6 and by
 * rounding of about u |f| / h; the two balance at h = (u |f|)^(1/3), 6e-6 for float64.
 */
const STEP = 2 ** -17

/**
 * Both errors for a function whose value and third derivative are around `scale`: h^2 / 6 = 1e-11
 * and u / h = 1.5e-11 for each rounding of f, of which a deep net makes some hundred.
 */
const relativeError = 2 ** -53 / STEP

function tolerance(scale: number): number {
  return 128 * relativeError * Math.max(1, scale)
}

/** d value() / d variable by central differences. */
export function numericGradient(variable: Tensor, value: () => number): Float64Array {
  const { data } = variable
  return Float64Array.from({ length: data.length }, (_, i) => {
    const before = data[i]!
    data[i] = before + STEP
    const above = value()
    data[i] = before - STEP
    const below = value()
    data[i] = before
    return (above - below) / (2 * STEP)
  })
}

/** Checks a gradient against central differences; `scale` is the size of the function's values. */
export function expectGradient(
  what: string,
  actual: Tensor,
  variable: Tensor,
  value: () => number,
  scale = 1,
): void {
  expect(variable.dtype, 'central differences need float64').to.equal('float64')
  expect(actual.shape, what).to.deep.equal(variable.shape)
  const expected = numericGradient(variable, value)
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual.data[i]! - expected[i]!)
    if (!(error <= tolerance(Math.max(scale, Math.abs(expected[i]!))))) {
      expect.fail(`${what}[${i}] is ${actual.data[i]}, central differences give ${expected[i]}`)
    }
  }
}

/** sum(a b) */
export function inner(a: Tensor, b: Tensor): number {
  let total = 0
  for (let i = 0; i < a.length; i++) total += a.data[i]! * b.data[i]!
  return total
}

/**
 * Checks the gradients by the input and by all parameters of a float64 module, for the loss
 * sum(gradOutput * output).
 */
export function gradcheck(module: nn.Module, input: Tensor, gradOutput: Tensor): void {
  module.zeroGrad()
  const output = module.forward(input)
  let scale = 0
  for (let i = 0; i < output.length; i++) scale += Math.abs(output.data[i]! * gradOutput.data[i]!)
  const gradInput = module.backward(input, gradOutput)
  const loss = (): number => inner(gradOutput, module.forward(input))
  expectGradient(`${module.describe()}: gradient by the input`, gradInput, input, loss, scale)
  for (const [name, parameter] of module.namedParameters()) {
    const { grad } = parameter
    if (grad === null) return expect.fail(`${module.describe()}: ${name} has no gradient`)
    expectGradient(`${module.describe()}: gradient by ${name}`, grad, parameter, loss, scale)
  }
}
