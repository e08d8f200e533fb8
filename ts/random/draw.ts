import { checkArguments } from '../check.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import { callFor, kernels } from '../kernels/backend.js'
import type { DType } from '../kernels/dtype.js'
import { dtype as dtypeOption, flag, type Options, readOptions } from '../options.js'
import { checkFloat } from '../tensor/create.js'
import { checkTensor, empty, formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { placeOf } from './batch-rows.js'
import { type Generator, generatorOf, generatorOption } from './generator.js'

export interface RandintOptions {
  /** Default `int32`. */
  dtype?: DType
  /** Default: the generator that `manualSeed` seeds. */
  generator?: Generator
}

const RANDINT = {
  dtype: dtypeOption(),
  generator: generatorOption,
} satisfies Options<RandintOptions>

/**
 * Random whole numbers from `low`, by default 0, to before `high`.
 *
 * @throws ValueError unless both are whole numbers of int32, `high` 2^31 at most, and `low` below `high`.
 *
 * @example
 * randint(6, [2]).add(1) // two dice
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.randint.html
 */
export function randint(high: number, shape: Shape, options?: RandintOptions): Tensor
export function randint(low: number, high: number, shape: Shape, options?: RandintOptions): Tensor
export function randint(
  first: number,
  second: number | Shape,
  third?: Shape | RandintOptions,
  fourth?: RandintOptions,
): Tensor {
  checkArguments('randint', 4, arguments)
  const both = typeof second === 'number'
  const [low, high] = both ? [first, second] : [0, first]
  const shape = (both ? third : second) as Shape
  const options = both ? fourth : (third as RandintOptions | undefined)
  const { dtype = 'int32', generator } = readOptions('randint', RANDINT, options)
  const { state } = generatorOf('randint', generator)
  const whole = Number.isInteger(low) && Number.isInteger(high)
  if (!whole || low < -(2 ** 31) || low >= high || high > 2 ** 31) {
    const expected = 'whole numbers of int32, the first below the second'
    throw new ValueError(complaint('randint', 'the bounds', expected, [low, high]))
  }
  const result = empty(shape, 'int32')
  const { runs, before, after } = placeOf(result.length, shape)
  const place = { n: result.length, runs, before, after }
  kernels().randint({ ...place, state, y: result, low, high })
  return result.to(dtype)
}

export interface DrawOptions {
  /** Default: the generator that `manualSeed` seeds. */
  generator?: Generator
}

const DRAW = { generator: generatorOption } satisfies Options<DrawOptions>

/**
 * 1 with the probability that each element of `x` is, 0 otherwise; of its shape and dtype, and without
 * gradient.
 *
 * @throws ValueError for a probability outside [0, 1].
 * @throws DTypeError unless `x` is float32 or float64.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.bernoulli.html
 */
export function bernoulli(x: Tensor, options?: DrawOptions): Tensor {
  checkArguments('bernoulli', 2, arguments)
  checkTensor('bernoulli', x)
  checkFloat('bernoulli', 'the tensor', x.dtype)
  const { state } = generatorOf('bernoulli', readOptions('bernoulli', DRAW, options).generator)
  const y = empty(x.shape, x.dtype)
  const { runs, before, after } = placeOf(x.length, x.shape)
  callFor('bernoulli', () => {
    kernels().bernoulliEach({ state, x, y, n: x.length, runs, before, after })
  })
  return y
}

export interface MultinomialOptions extends DrawOptions {
  /** Whether a category may be drawn more than once. Default false. */
  replacement?: boolean
}

const MULTINOMIAL = {
  replacement: flag(false),
  ...DRAW,
} satisfies Options<MultinomialOptions>

/**
 * Places drawn by their weights, which need not add up to 1: (categories) gives int32 (numSamples), and
 * (n, categories) gives (n, numSamples).
 *
 * @throws ShapeError for other shapes.
 * @throws ValueError for a weight that is negative or NaN, weights whose sum is 0 or not finite, and, without
 *   replacement, fewer weights above 0 than `numSamples`.
 * @throws DTypeError unless the weights are float32 or float64.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.multinomial.html
 */
export function multinomial(x: Tensor, numSamples: number, options?: MultinomialOptions): Tensor {
  checkArguments('multinomial', 3, arguments)
  checkTensor('multinomial', x)
  checkFloat('multinomial', 'the weights', x.dtype)
  const { replacement, generator } = readOptions('multinomial', MULTINOMIAL, options)
  const { state } = generatorOf('multinomial', generator)
  const categories = x.shape.at(-1)
  if (categories === undefined || x.ndim > 2 || (categories === 0 && x.ndim === 1)) {
    const got = `shape ${formatShape(x.shape)}`
    const expected = '(categories) or (n, categories), with a category at least'
    throw new ShapeError(complaint('multinomial', 'the weights', expected, got))
  }
  if (!Number.isInteger(numSamples) || numSamples < 1) {
    const expected = 'a whole number of at least 1'
    throw new ValueError(complaint('multinomial', 'numSamples', expected, numSamples))
  }
  const rows = x.ndim === 1 ? 1 : x.shape[0]!
  const y = empty([...x.shape.slice(0, -1), numSamples], 'int32')
  const { before, after } = placeOf(rows, x.ndim === 1 ? [] : [rows], 0)
  const sizes = { rows, categories, samples: numSamples, replacement, before, after }
  callFor('multinomial', () => {
    kernels().multinomial({ state, x, y, ...sizes })
  })
  return y
}
