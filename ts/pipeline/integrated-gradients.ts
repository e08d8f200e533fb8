import { noGrad } from '../autograd/grad-mode.js'
import { onTrial } from '../gradient/trial.js'
import type { Module } from '../nn/module.js'
import { fromTypedArray } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { Modes } from '../train/modes.js'
import { sharesOf } from './fitted.js'

/** A number that outputs of the network stand for, and its derivatives by them. */
export interface Output {
  /** From the outputs of a row, which begin at `start`. */
  value(outputs: ArrayLike<number>, start: number): number
  /** Writes the derivatives by them. */
  gradient(outputs: ArrayLike<number>, start: number, out: Float32Array | Float64Array): void
}

/** The share of a class. */
export function shareOf(place: number, classes: number): Output {
  return {
    value: (outputs, start) => sharesOf(outputs, start, classes)[place]!,
    gradient(outputs, start, out) {
      const shares = sharesOf(outputs, start, classes)
      shares.forEach((share, i) => {
        out[start + i] = shares[place]! * ((i === place ? 1 : 0) - share)
      })
    },
  }
}

/** A number in the target's unit. */
export function numberOf(mean: number, scale: number): Output {
  return {
    value: (outputs, start) => mean + scale * outputs[start]!,
    gradient(_outputs, start, out) {
      out[start] = scale
    },
  }
}

export interface IntegratedGradients {
  /** The value of the row, and of the baseline. */
  readonly value: number
  readonly baseline: number
  /** One for each input of the network. */
  readonly contributions: Float64Array
  /** What the contributions lack to value - baseline. */
  readonly remainder: number
  readonly steps: number
}

const FEWEST_STEPS = 32
const MOST_STEPS = 1024

/**
 * How each input of a row moves a value away from that of a baseline: (x - x0) times the mean of the
 * gradient on the straight way from x0 to x, by the midpoint rule. Steps are doubled, from 32 to 1024 at
 * most, until the contributions add up to the difference of the values within `tolerance` of it.
 *
 * The rule is off by no more than V / (2 · steps), where V is how much the derivative along the way goes
 * up and down in all.
 *
 * Source: Sundararajan et al., Axiomatic attribution for deep networks (2017).
 *
 * @param x A row of inputs, shape (1, inputs).
 */
export function integratedGradients(
  network: Module,
  x: Tensor,
  x0: Tensor,
  output: Output,
  tolerance: number,
): IntegratedGradients {
  const at = (row: Tensor): number =>
    Modes.evaluating(network).during(() => noGrad(() => output.value(network.forward(row).data, 0)))
  const [value, baseline] = [at(x), at(x0)]
  for (let steps = FEWEST_STEPS; ; steps *= 2) {
    const contributions = midpoints(network, x, x0, output, steps)
    const remainder = value - baseline - contributions.reduce((sum, part) => sum + part, 0)
    const enough = Math.abs(remainder) <= tolerance * Math.abs(value - baseline)
    if (enough || steps === MOST_STEPS) return { value, baseline, contributions, remainder, steps }
  }
}

function midpoints(
  network: Module,
  x: Tensor,
  x0: Tensor,
  output: Output,
  steps: number,
): Float64Array {
  const width = x.length
  const way = Float64Array.from(x.data, (end, i) => end - x0.data[i]!)
  const points = new Float32Array(steps * width)
  for (let step = 0; step < steps; step++) {
    const share = (step + 0.5) / steps
    for (let i = 0; i < width; i++) points[step * width + i] = x0.data[i]! + share * way[i]!
  }
  const inputs = fromTypedArray(points).reshape([steps, width])
  const sums = Modes.evaluating(network).during(() =>
    onTrial('explain', network, inputs, true, (trial) => {
      const outputs = trial.forward()
      const gradOutput = outputs.clone()
      const data = gradOutput.data as Float32Array
      for (let start = 0; start < outputs.length; start += outputs.length / steps)
        output.gradient(outputs.data, start, data)
      const gradient = trial.backward(gradOutput).data
      const sums = new Float64Array(width)
      for (let at = 0; at < gradient.length; at++) sums[at % width]! += gradient[at]!
      return sums
    }),
  )
  return sums.map((sum, i) => (way[i]! * sum) / steps)
}
