import { expect } from 'chai'

import { gradcheck as publicGradcheck, type nn, type Tensor } from '../../ts/index.js'
import { centralDifferences } from '../../ts/gradient/numerical.js'

/**
 * The step of the central differences. (f(x + h) - f(x - h)) / 2h errs by h^2 |f'''| / 6 and by
 * rounding of about u |f| / h; the two balance at h = (u |f|)^(1/3), 6e-6 for float64.
 */
export const STEP = 2 ** -17

/**
 * Both errors for a function whose value and third derivative are around `scale`: h^2 / 6 = 1e-11
 * and u / h = 1.5e-11 for each rounding of f, of which a deep net makes some hundred.
 */
const relativeError = 2 ** -53 / STEP

export function tolerance(scale: number): number {
  return 128 * relativeError * Math.max(1, scale)
}

/** d value() / d variable by central differences. */
export function numericGradient(variable: Tensor, value: () => number): Float64Array {
  const gradient = new Float64Array(variable.length)
  centralDifferences(
    variable,
    STEP,
    () => [value()],
    (i, slopes) => (gradient[i] = slopes[0]!),
  )
  return gradient
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
 * sum(gradOutput * output), to all the digits that central differences have.
 */
export function gradcheck(module: nn.Module, input: Tensor, gradOutput: Tensor): void {
  module.zeroGrad()
  const output = module.forward(input)
  const scale = Math.max(1, ...Array.from(output.data, Math.abs))
  // A module that leaves a trained parameter without a gradient is not finished.
  module.backward(input, gradOutput)
  for (const [name, { grad, requiresGrad }] of module.namedParameters()) {
    if (requiresGrad) expect(grad, `${module.describe()}: gradient of ${name}`).not.to.equal(null)
  }
  publicGradcheck(module, input, {
    gradOutput,
    eps: STEP,
    atol: tolerance(scale),
    rtol: tolerance(1),
  })
}
