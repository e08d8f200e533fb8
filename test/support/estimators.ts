import { expect } from 'chai'

import { nn, type Tensor } from '../../ts/index.js'

/** What each estimator takes for the derivative of the sign, as it is written in the papers. */
export const slopes: Readonly<Record<nn.SignEstimator, (x: number) => number>> = {
  straightThrough: () => 1,
  clippedStraightThrough: (x) => (Math.abs(x) <= 1 ? 1 : 0),
  parabola: (x) => (-1 <= x && x < 0 ? 2 * x + 2 : 0 <= x && x < 1 ? -2 * x + 2 : 0),
}

/** A tensor like another with f of its elements. */
export function mapped(x: Tensor, f: (value: number, index: number) => number): Tensor {
  const result = x.clone()
  for (let i = 0; i < x.length; i++) result.data[i] = f(x.data[i]!, i)
  return result
}

export const signs = (x: Tensor): Tensor => mapped(x, (value) => (value < 0 ? -1 : 1))

type WithWeight = nn.Module & { weight: nn.Parameter; bias?: nn.Parameter | null }

/** A `gradcheck` of a function that is the sign itself. */
export function expectSlope(estimator: nn.SignEstimator) {
  return (module: nn.Module, input: Tensor, gradOutput: Tensor): void => {
    expect(module.forward(input).toArray()).to.deep.equal(signs(input).toArray())
    const expected = mapped(gradOutput, (g, i) => g * slopes[estimator](input.data[i]!) + 0)
    expect(plus0(module.backward(input, gradOutput)).toArray()).to.deep.equal(expected.toArray())
  }
}

/** -0 as 0: a gradient that is left out may be either. */
const plus0 = (x: Tensor): Tensor => mapped(x, (value) => value + 0)

/**
 * A `gradcheck` of a binarised layer: its gradients are those of the plain layer at the signs, times
 * the estimators. Both layers make the same calls with the same numbers, so they agree to the bit.
 *
 * @param input null where the layer takes its input as it is.
 */
export function expectEstimates(
  makePlain: () => WithWeight,
  weight: nn.SignEstimator,
  input: nn.SignEstimator | null,
) {
  return (module: nn.Module, x: Tensor, gradOutput: Tensor): void => {
    const [plain, layer] = [makePlain(), module as WithWeight]
    plain.weight = new nn.Parameter(signs(layer.weight))
    const xs = input === null ? x : signs(x)
    plain.forward(xs)
    const gradSigns = plain.backward(xs, gradOutput)

    layer.zeroGrad()
    layer.forward(x)
    const gradInput = layer.backward(x, gradOutput)
    const slope = input === null ? () => 1 : slopes[input]
    expect(plus0(gradInput).toArray(), 'gradient by the input').to.deep.equal(
      mapped(gradSigns, (g, i) => g * slope(x.data[i]!) + 0).toArray(),
    )
    const gradWeight = mapped(
      plain.weight.grad!,
      (g, i) => g * slopes[weight](layer.weight.data[i]!) + 0,
    )
    expect(plus0(layer.weight.grad!).toArray(), 'gradient by the weight').to.deep.equal(
      gradWeight.toArray(),
    )
    if (layer.bias) {
      expect(layer.bias.grad!.toArray()).to.deep.equal(plain.bias!.grad!.toArray())
    }
  }
}
