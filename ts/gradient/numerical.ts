import { checkArguments } from '../check.js'
import type { Module } from '../nn/module.js'
import { empty, type Tensor } from '../tensor/tensor.js'
import { type Options, positive, readOptions } from '../options.js'
import { checkDouble, onTrial, sampleSizes } from './trial.js'

export interface NumericalOptions {
  /** Half the distance of the two points of a difference. Default 1e-6. */
  eps?: number
}

export const NUMERICAL = { eps: positive(1e-6) } satisfies Options<NumericalOptions>

/**
 * Central differences (f(v + eps) - f(v - eps)) / 2 eps by every element v of a tensor, which is
 * changed in place and put back.
 *
 * @param values The function: numbers that the next call may overwrite.
 * @param visit Called with the place of the element and the derivative of each value by it; the array
 *   is overwritten after the call.
 */
export function centralDifferences(
  variable: Tensor,
  eps: number,
  values: () => ArrayLike<number>,
  visit: (element: number, slopes: Float64Array) => void,
): void {
  const { data } = variable
  for (let i = 0; i < data.length; i++) {
    const before = data[i]!
    try {
      data[i] = before + eps
      const high = data[i]!
      const slopes = Float64Array.from(values())
      data[i] = before - eps
      // The points as they were stored: the rounding of v ± eps does not count.
      const distance = high - data[i]!
      const below = values()
      for (let k = 0; k < slopes.length; k++) slopes[k] = (slopes[k]! - below[k]!) / distance
      visit(i, slopes)
    } finally {
      data[i] = before
    }
  }
}

/** How much nearer the second pair of points is. */
const NEARER = 16

/**
 * The slopes on both sides of a place where they differ whatever the distance, as at a kink or a jump; null
 * where the function is smooth: there their difference goes with the distance.
 *
 * @param size What is less counts for nothing.
 */
export function oneSided(
  variable: Tensor,
  element: number,
  eps: number,
  size: number,
  value: () => number,
): [left: number, right: number] | null {
  const { data } = variable
  const before = data[element]!
  const at = (distance: number): [number, number] => {
    data[element] = before + distance
    return [data[element] - before, value()]
  }
  try {
    const [, here] = at(0)
    const slope = (distance: number): number => {
      const [width, there] = at(distance)
      return (there - here) / width + 0 // no -0
    }
    const far: [number, number] = [slope(-eps), slope(eps)]
    const wide = far[1] - far[0]
    const narrow = (slope(eps / NEARER) - slope(-eps / NEARER)) * NEARER
    const larger = Math.max(Math.abs(wide), Math.abs(narrow))
    // NaN is no slope of a smooth function, either.
    const noise = (4 * Number.EPSILON * Math.abs(here) * NEARER ** 2) / eps
    const isSmooth = larger <= size + noise || Math.abs(wide - narrow) <= larger / 2
    return isSmooth ? null : far
  } finally {
    data[element] = before
  }
}

/**
 * What `jacobian` computes, by central differences: 2 N · in forward passes, and no backward pass.
 *
 * @throws ShapeError when x and the output do not hold a sample in each row.
 * @throws DTypeError unless module and x are float64; ValueError for an eps that is not positive;
 *   CaptureError while a step is being captured.
 */
export function numericalJacobian(
  module: Module,
  x: Tensor,
  options: NumericalOptions = {},
): Tensor {
  checkArguments('numericalJacobian', 3, arguments)
  const who = 'numericalJacobian'
  const { eps } = readOptions(who, NUMERICAL, options)
  return onTrial(who, module, x, true, (trial) => {
    checkDouble(who, { x })
    const output = trial.forward()
    checkDouble(who, { 'the output': output })
    const { batch, outs, ins } = sampleSizes(trial, x, output)
    const result = empty([batch, outs, ins], 'float64')
    centralDifferences(
      trial.input,
      eps,
      () => trial.forward().data,
      (element, slopes) => {
        const n = Math.floor(element / ins)
        for (let o = n * outs; o < (n + 1) * outs; o++) {
          result.data[o * ins + (element % ins)] = slopes[o]!
        }
      },
    )
    return result
  })
}

/**
 * What `parameterJacobians` computes, by central differences: two forward passes for each element of
 * the parameters.
 *
 * @throws as `numericalJacobian`.
 */
export function numericalParameterJacobians(
  module: Module,
  x: Tensor,
  options: NumericalOptions = {},
): Record<string, Tensor> {
  checkArguments('numericalParameterJacobians', 3, arguments)
  const who = 'numericalParameterJacobians'
  const { eps } = readOptions(who, NUMERICAL, options)
  return onTrial(who, module, x, false, (trial) => {
    const output = trial.forward()
    checkDouble(who, { 'the output': output, ...Object.fromEntries(trial.trained()) })
    const { batch, outs } = sampleSizes(trial, x, output)
    const results = trial.trained().map(([name, parameter]): [string, Tensor] => {
      const { length } = parameter
      const result = empty([batch, outs, length], 'float64')
      centralDifferences(
        parameter,
        eps,
        () => trial.forward().data,
        (element, slopes) => {
          for (let o = 0; o < slopes.length; o++) result.data[o * length + element] = slopes[o]!
        },
      )
      return [name, result]
    })
    return Object.fromEntries(results)
  })
}
