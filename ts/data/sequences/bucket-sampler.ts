import { checkArguments } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { flag, type Options, readOptions, required, whole } from '../../options.js'
import { type Generator, generatorOption } from '../../random/generator.js'
import { randperm } from '../../random/sample.js'
import { Tensor } from '../../tensor/tensor.js'
import { derivedGenerator, type Sampler } from '../sampler.js'

export interface BucketSamplerOptions {
  /** That of the loader. */
  batchSize: number
  /** Batches of a bucket, inside of which samples are sorted by length. Default 100. */
  bucketBatches?: number
  /** A new random order each epoch. Default true; false: all sorted by length, the shortest first. */
  shuffle?: boolean
  /**
   * Draws the epochs, one after the other. Without one each epoch seeds a generator of its own with a
   * number from the default generator, so `manualSeed` decides.
   */
  generator?: Generator
}

const OPTIONS = {
  batchSize: required(whole(1)),
  bucketBatches: whole(1, 100),
  shuffle: flag(true),
  generator: generatorOption,
} satisfies Options<BucketSamplerOptions>

/**
 * Puts samples of like lengths into one batch, so that little is padded: the samples are shuffled and cut
 * into buckets, each bucket is sorted by length and cut into batches, and those are shuffled. A batch that
 * is not full comes last.
 *
 * @see https://docs.pytorch.org/text/0.8.1/data.html#bucketiterator
 *
 * @example
 * const sampler = new data.BucketSampler(texts.map((text) => text.length), { batchSize: 32 })
 * const loader = new data.DataLoader(dataset, { batchSize: 32, sampler, collateFn: data.padCollate() })
 */
export class BucketSampler implements Sampler {
  readonly batchSize: number
  readonly bucketBatches: number
  readonly shuffle: boolean
  readonly generator: Generator | undefined
  readonly #lengths: Float64Array

  /**
   * @param lengths That of each sample, a finite number of at least 0.
   * @throws ValueError when one is none, there are none, or an option is out of its range.
   */
  constructor(lengths: readonly number[] | Tensor, options: BucketSamplerOptions) {
    checkArguments(new.target.name, 2, arguments)
    const who = 'BucketSampler'
    const { batchSize, bucketBatches, shuffle, generator } = readOptions(who, OPTIONS, options)
    const list: unknown = lengths instanceof Tensor ? lengths.data : lengths
    if (
      (!Array.isArray(list) && !ArrayBuffer.isView(list)) ||
      (list as ArrayLike<unknown>).length === 0
    ) {
      throw new ValueError(complaint(who, 'the lengths', 'numbers, one a sample', lengths))
    }
    this.#lengths = Float64Array.from(list as ArrayLike<unknown>, (length, i) => {
      if (typeof length === 'number' && length >= 0 && length < Infinity) return length
      const expected = 'a finite number of at least 0'
      throw new ValueError(complaint(who, `length ${i}`, expected, length))
    })
    this.batchSize = batchSize
    this.bucketBatches = bucketBatches
    this.shuffle = shuffle
    this.generator = generator
  }

  get length(): number {
    return this.#lengths.length
  }

  /** Starts an epoch: it is drawn now. */
  [Symbol.iterator](): IterableIterator<number> {
    const order = Int32Array.from({ length: this.length }, (_, i) => i)
    if (!this.shuffle) return this.#sort(order).values()
    const generator = this.generator ?? derivedGenerator()
    order.set(randperm(this.length, { generator }).data)
    const { batchSize } = this
    const bucket = batchSize * this.bucketBatches
    for (let start = 0; start < order.length; start += bucket) {
      this.#sort(order.subarray(start, start + bucket))
    }
    const full = Math.floor(order.length / batchSize)
    const drawn = new Int32Array(order.length)
    randperm(full, { generator }).data.forEach((batch, place) => {
      drawn.set(order.subarray(batch * batchSize, (batch + 1) * batchSize), place * batchSize)
    })
    drawn.set(order.subarray(full * batchSize), full * batchSize)
    return drawn.values()
  }

  /** By length; among equals the order stays. */
  #sort(numbers: Int32Array): Int32Array {
    const lengths = this.#lengths
    const sorted = Array.from(numbers).sort((a, b) => lengths[a]! - lengths[b]!)
    numbers.set(sorted)
    return numbers
  }
}
