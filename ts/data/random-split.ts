import { checkArguments, checkList } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { type Options, readOptions } from '../options.js'
import { type Generator, generatorOption } from '../random/generator.js'
import { randperm } from '../random/sample.js'
import type { Tensor } from '../tensor/tensor.js'
import type { AsyncDataset, Dataset } from './dataset.js'
import { Subset } from './subset.js'
import { datasetOf } from './tensor-dataset.js'

export interface RandomSplitOptions {
  /** Draws the order. Default: the generator that `manualSeed` seeds. */
  generator?: Generator
}

const OPTIONS = { generator: generatorOption } satisfies Options<RandomSplitOptions>

/** The same number of subsets as there are lengths. */
export type Splits<
  T extends readonly Tensor[],
  L extends readonly number[],
  S extends T | Promise<T> = T,
> = {
  -readonly [K in keyof L]: Subset<T, S>
}

/**
 * Cuts a dataset at random into parts that do not overlap.
 *
 * `lengths` are numbers of samples that add up to the dataset's, or fractions that add up to 1. A
 * fraction f of n samples gives floor(f n); the samples left over go one each to the first parts.
 *
 * @throws ValueError for other lengths.
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.random_split
 *
 * @example
 * const [train, validation] = data.randomSplit(dataset, [0.9, 0.1], { generator: new Generator(42) })
 */
export function randomSplit<T extends readonly Tensor[], const L extends readonly number[]>(
  source: Dataset<T> | readonly [...T],
  lengths: L,
  options?: RandomSplitOptions,
): Splits<T, L>
export function randomSplit<T extends readonly Tensor[], const L extends readonly number[]>(
  source: AsyncDataset<T>,
  lengths: L,
  options?: RandomSplitOptions,
): Splits<T, L, Promise<T>>
export function randomSplit(
  source: Dataset | AsyncDataset | readonly Tensor[],
  lengths: readonly number[],
  options: RandomSplitOptions = {},
): unknown {
  checkArguments('randomSplit', 3, arguments)
  const { generator } = readOptions('randomSplit', OPTIONS, options)
  const dataset = datasetOf(source as Dataset)
  checkList('randomSplit', 'lengths', lengths)
  const counts = resolve([...lengths], dataset.length)
  const order = randperm(dataset.length, { generator })
  let start = 0
  return counts.map((count) => {
    start += count
    return new Subset(dataset, order.narrow(0, start - count, count))
  })
}

function resolve(lengths: readonly number[], total: number): number[] {
  const odd = lengths.find((length: unknown) => typeof length !== 'number')
  if (odd !== undefined)
    throw new ValueError(complaint('randomSplit', 'lengths', 'numbers', lengths))
  const sum = lengths.reduce((a, b) => a + b, 0)
  const whole = lengths.every((length) => Number.isInteger(length) && length >= 0)
  if (whole && sum === total) return [...lengths]
  const fractions = lengths.every((length) => length >= 0 && length <= 1)
  // Fractions such as 0.7 + 0.2 + 0.1 add up to 1 only within rounding.
  if (!fractions || Math.abs(sum - 1) > 1e-9) {
    const expected = `counts that add up to ${total}, or fractions that add up to 1`
    throw new ValueError(complaint('randomSplit', 'lengths', expected, `[${lengths.join(', ')}]`))
  }
  const counts = lengths.map((fraction) => Math.floor(total * fraction))
  const left = total - counts.reduce((a, b) => a + b, 0)
  for (let i = 0; i < left; i++) counts[i % counts.length]!++
  return counts
}
