import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { flag, type Options, readOptions } from '../options.js'
import { type Generator, generatorOption } from '../random/generator.js'
import { empty, Tensor } from '../tensor/tensor.js'
import { classCounts } from './class-weights.js'
import { derivedGenerator, type Sampler } from './sampler.js'

export interface WeightedRandomSamplerOptions {
  /** Whether a sample may come more than once an epoch. Default true. */
  replacement?: boolean
  /**
   * Draws the epochs, one after the other. Without one each epoch seeds a generator of its own with a
   * number from the default generator, so `manualSeed` decides.
   */
  generator?: Generator
}

const OPTIONS = {
  replacement: flag(true),
  generator: generatorOption,
} satisfies Options<WeightedRandomSamplerOptions>

/**
 * Draws samples with probabilities in proportion to their weights, which need not add up to 1. Those of
 * weight 0 are never drawn.
 *
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.WeightedRandomSampler
 *
 * @example
 * const sampler = data.WeightedRandomSampler.balanced(labels) // every class as often as every other
 * const loader = new data.DataLoader(dataset, { batchSize: 32, sampler })
 */
export class WeightedRandomSampler implements Sampler {
  readonly replacement: boolean
  readonly generator: Generator | undefined
  readonly #weights: Float64Array

  /**
   * @param weights One number of at least 0 a sample, as a list or a tensor.
   * @param length Samples an epoch.
   * @throws ValueError when a weight is negative or not finite, all are 0, the length is no whole number
   *   of at least 1, or there are fewer samples with a weight than are drawn without replacement.
   */
  constructor(
    weights: readonly number[] | Tensor,
    readonly length: number,
    options: WeightedRandomSamplerOptions = {},
  ) {
    checkArguments(new.target.name, 3, arguments)
    const who = 'WeightedRandomSampler'
    const { replacement, generator } = readOptions(who, OPTIONS, options)
    this.#weights = weightsOf(who, weights)
    this.replacement = replacement
    this.generator = generator
    const positive = this.#weights.filter((weight) => weight > 0).length
    const most = replacement && positive > 0 ? Infinity : positive
    if (Number.isInteger(length) && length >= 1 && length <= most) return
    const expected = replacement
      ? 'a whole number of at least 1, of samples that have a weight'
      : `a whole number from 1 to ${positive}, as many samples have a weight`
    throw new ValueError(complaint(who, 'length', expected, length))
  }

  /**
   * Draws as many samples an epoch as there are, those of each class together as often as those of every
   * other: the weight of a sample is 1 / the number of samples of its class.
   *
   * @param labels A class a sample, whole numbers of at least 0.
   */
  static balanced(
    labels: readonly number[] | Tensor,
    options: WeightedRandomSamplerOptions = {},
  ): WeightedRandomSampler {
    checkArguments('WeightedRandomSampler.balanced', 2, arguments)
    const { classes, counts } = classCounts('WeightedRandomSampler.balanced', labels)
    const weights = Array.from(classes, (label) => 1 / counts[label]!)
    return new WeightedRandomSampler(weights, weights.length, options)
  }

  /** Starts an epoch: it is drawn now. */
  [Symbol.iterator](): IterableIterator<number> {
    const { state } = this.generator ?? derivedGenerator()
    const { length } = this.replacement ? this : this.#weights
    const uniform = empty([length], 'float64')
    kernels().uniform({ state, y: uniform, n: length, low: 0, high: 1 })
    const numbers = uniform.data as Float64Array
    return this.replacement
      ? withReplacement(this.#weights, numbers).values()
      : withoutReplacement(this.#weights, numbers, this.length).values()
  }
}

function weightsOf(who: string, given: unknown): Float64Array {
  const list: unknown = given instanceof Tensor ? given.data : given
  if (!Array.isArray(list) && !ArrayBuffer.isView(list)) {
    throw new ValueError(complaint(who, 'the weights', 'a list of numbers or a tensor', given))
  }
  return Float64Array.from(list as unknown as ArrayLike<unknown>, (weight, i) => {
    if (typeof weight === 'number' && weight >= 0 && weight < Infinity) return weight
    const expected = 'a finite number of at least 0'
    throw new ValueError(complaint(who, `weight ${i}`, expected, weight))
  })
}

/**
 * For each u of [0, 1) the first sample whose sum of weights up to it passes u times all. A guide says
 * where to begin: H. Chen and Y. Asau, "On generating random variates from an empirical distribution"
 * (1974).
 */
function withReplacement(weights: Float64Array, uniform: Float64Array): Int32Array {
  const n = weights.length
  const sums = new Float64Array(n)
  let total = 0
  let last = 0
  weights.forEach((weight, i) => {
    sums[i] = total += weight
    if (weight > 0) last = i
  })
  const guide = new Int32Array(n)
  for (let k = 0, i = 0; k < n; k++) {
    while (i < last && sums[i]! <= (k / n) * total) i++
    guide[k] = i
  }
  return Int32Array.from(uniform, (u) => {
    let i = guide[Math.floor(u * n)]!
    while (i < last && sums[i]! <= u * total) i++
    return i
  })
}

/**
 * The `count` samples of the smallest -ln(1 - u) / weight, in that order: P. Efraimidis and P. Spirakis,
 * "Weighted random sampling with a reservoir" (2006).
 */
function withoutReplacement(
  weights: Float64Array,
  uniform: Float64Array,
  count: number,
): Int32Array {
  const keys = uniform.map((u, i) => (weights[i] === 0 ? Infinity : -Math.log1p(-u) / weights[i]!))
  const order = Int32Array.from(keys.keys())
  order.sort((a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : a - b))
  return order.subarray(0, count)
}
