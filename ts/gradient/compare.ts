import { Generator } from '../random/generator.js'
import { rand } from '../random/sample.js'
import type { Tensor } from '../tensor/tensor.js'
import { type GradcheckReport, type Sides, Tally } from './gradcheck-report.js'
import { centralDifferences, oneSided } from './numerical.js'

/** What is differentiated by: an input or a parameter. */
export interface Variable {
  readonly name: string
  readonly tensor: Tensor
  /** The gradient that the last backward pass gave; null for zeros. */
  readonly gradient: () => Tensor | null
}

/** A function whose derivatives are compared. */
export interface Subject {
  /** In messages. */
  readonly name: string
  readonly variables: readonly Variable[]
  /** The elements of all outputs, which the next call may overwrite. */
  readonly values: () => ArrayLike<number>
  /** A backward pass with these weights of the outputs. */
  readonly backward: (weights: Float64Array) => void
  /** The place of an output in messages. */
  readonly place: (output: number) => number[]
}

export interface Tolerances {
  readonly eps: number
  readonly atol: number
  readonly rtol: number
}

/** Other than 1, which would hide a gradient that is not multiplied by it; exact to divide by. */
const HOT = 2

/**
 * Compares the derivatives of each output, and those of a weighted sum of all.
 *
 * @param each Whether those of each output, or of the sum alone.
 */
export function compare(
  { name, variables, values, backward, place }: Subject,
  weights: Float64Array,
  each: boolean,
  { eps, atol, rtol }: Tolerances,
): GradcheckReport {
  const outs = each ? weights.length : 0
  const expected = variables.map(({ tensor }) => differences(values, tensor, eps, outs, weights))
  const tally = new Tally(atol, rtol)
  const gradientOf = ({ gradient, tensor }: Variable): ArrayLike<number> =>
    gradient()?.data ?? new Float64Array(tensor.length)
  values()
  const hot = new Float64Array(weights.length)
  for (let o = 0; o < outs; o++) {
    hot[o] = HOT
    backward(hot)
    hot[o] = 0
    variables.forEach((variable, v) => {
      const { tensor } = variable
      const actual = Float64Array.from(gradientOf(variable), (value) => value / HOT)
      const slopes = expected[v]!.each.subarray(o * tensor.length, (o + 1) * tensor.length)
      const sizes = slopes.map(Math.abs)
      tally.compare(variable.name, tensor.shape, place(o), actual, { slopes, sizes, weight: 1 }, o)
    })
  }
  backward(weights)
  variables.forEach((variable, v) => {
    tally.compare(
      variable.name,
      variable.tensor.shape,
      null,
      gradientOf(variable),
      expected[v]!.sum,
    )
  })
  return tally.report(name, (variable, element, output): Sides | null => {
    const { tensor } = variables.find((one) => one.name === variable)!
    const value = (): number => {
      const all = values()
      if (output !== null) return all[output]!
      return weights.reduce((sum, weight, o) => sum + weight * all[o]!, 0)
    }
    return oneSided(tensor, element, eps, atol, value)
  })
}

interface Differences {
  /** The derivatives of each output, (outputs, elements); empty where only the sum is wanted. */
  readonly each: Float64Array
  /** Those of the outputs' sum. */
  readonly sum: { slopes: Float64Array; sizes: Float64Array; weight: number }
}

/** The derivatives of the first `outs` outputs and of the weighted sum of all. */
function differences(
  values: () => ArrayLike<number>,
  tensor: Tensor,
  eps: number,
  outs: number,
  weights: Float64Array,
): Differences {
  const n = tensor.length
  const each = new Float64Array(outs * n)
  const slopes = new Float64Array(n)
  const sizes = new Float64Array(n)
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
export function randomWeights(length: number): Float64Array {
  const { data } = rand([length], { dtype: 'float64', generator: new Generator(1) })
  return Float64Array.from(data, (value) => 2 * value - 1)
}
