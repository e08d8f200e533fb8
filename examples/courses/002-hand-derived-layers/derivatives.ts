import { type nn, type Tensor, zerosLike } from '../../../ts/index.js'

const STEP = 1e-5

/** d value() / d variable by central differences, element by element. */
function centralDifferences(variable: Tensor, value: () => number): Float64Array {
  const { data } = variable
  return Float64Array.from(data, (before, i) => {
    data[i] = before + STEP
    const above = value()
    data[i] = before - STEP
    const below = value()
    data[i] = before
    return (above - below) / (2 * STEP)
  })
}

/** sum(a b) */
function inner(a: Tensor, b: Tensor): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a.data[i]! * b.data[i]!
  return sum
}

/**
 * How far the derivatives of sum(gradOutput · module(x)) that `backward` gives are from central
 * differences, at most: by the input and by each parameter. Everything is float64.
 */
export function derivativeErrors(
  module: nn.Module,
  x: Tensor,
  gradOutput: Tensor,
): Map<string, number> {
  module.zeroGrad()
  module.forward(x)
  const gradInput = module.backward(x, gradOutput)
  const loss = (): number => inner(gradOutput, module.forward(x))
  const largest = (variable: Tensor, gradient: Tensor): number =>
    centralDifferences(variable, loss).reduce(
      (most, slope, i) => Math.max(most, Math.abs(slope - gradient.data[i]!)),
      0,
    )
  const errors = new Map([['input', largest(x, gradInput)]])
  for (const [name, parameter] of module.namedParameters()) {
    errors.set(name, largest(parameter, parameter.grad ?? zerosLike(parameter)))
  }
  return errors
}
