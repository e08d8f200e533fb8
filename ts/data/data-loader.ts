import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { callable, flag, type Option, type Options, readOptions, whole } from '../options.js'
import { type Generator, generatorOption } from '../random/generator.js'
import { randperm } from '../random/sample.js'
import { arange } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { type Collate, gatherFrom, gatherLater } from './collate.js'
import { type Dataset, isAsyncDataset } from './dataset.js'
import { derivedGenerator, drawnFrom, isSampler, type Sampler } from './sampler.js'
import { datasetOf } from './tensor-dataset.js'

export interface DataLoaderOptions<
  S extends readonly Tensor[] = readonly Tensor[],
  T extends readonly Tensor[] = readonly Tensor[],
> {
  /** Samples a batch. Default 1. */
  batchSize?: number
  /** A new random order each epoch. Default false: the order of the dataset. */
  shuffle?: boolean
  /** Leave out a last batch that is not full. Default false. */
  dropLast?: boolean
  /**
   * Where the orders are drawn from, one after the other. Without one, each epoch seeds a generator of
   * its own with a number from the default generator, so `manualSeed` decides.
   */
  generator?: Generator
  /**
   * Which samples make an epoch, such as a `WeightedRandomSampler`, in place of all in order or shuffled.
   */
  sampler?: Sampler
  /**
   * Batches that are on their way while the one before them is used, for datasets whose samples have to
   * be waited for. Default 2 for these, 0 for others.
   */
  prefetch?: number
  /**
   * Makes a batch of its samples, as `padCollate` does of such that differ in length. Default: samples of
   * one shape are stacked.
   */
  collateFn?: (samples: S[]) => T
}

const samplerOption: Option<Sampler | undefined> = {
  initial: undefined,
  expected: 'something with a length that can be iterated over for numbers',
  accepts: isSampler,
}

const OPTIONS = {
  batchSize: whole(1, 1),
  shuffle: flag(false),
  dropLast: flag(false),
  generator: generatorOption,
  sampler: samplerOption,
  prefetch: whole(0),
  collateFn: callable<(samples: (readonly Tensor[])[]) => readonly Tensor[]>(),
} satisfies Options<DataLoaderOptions>

/**
 * Mini-batches of a dataset: each iteration over the loader is one epoch. A batch has a tensor for
 * each of the dataset, with the samples along the first dimension; targets of shape (n) stay (n),
 * targets of shape (n, 1) stay (n, 1). Batches are fresh tensors that belong to the caller, and
 * iterations do not disturb each other.
 *
 * A dataset whose `get` gives promises is gone through with `for await`, or by `fit`.
 *
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader
 *
 * @example
 * const loader = new data.DataLoader([x, y], { batchSize: 64, shuffle: true })
 * for (const [features, targets] of loader) { … }
 */
export class DataLoader<S extends readonly Tensor[], T extends readonly Tensor[] = S>
  implements Iterable<T>, AsyncIterable<T>
{
  /** Its `get` may give promises: see `isAsync`. */
  readonly dataset: Dataset<S>
  readonly batchSize: number
  readonly shuffle: boolean
  readonly dropLast: boolean
  /** Of the shuffles, or the sampler's. */
  readonly generator: Generator | undefined
  readonly sampler: Sampler | undefined
  readonly prefetch: number
  readonly #collateFn: Collate | undefined
  #inOrder: Tensor | undefined

  /**
   * @param source A dataset, or tensors that share their first dimension.
   * @throws ValueError when the batch size is not a whole number of at least 1, or a sampler comes with
   *   `shuffle` or a generator, which are for loaders without.
   * @throws ShapeError when the tensors do not share their first dimension.
   */
  constructor(
    source: Dataset<S, S | Promise<S>> | readonly [...S],
    options: DataLoaderOptions<S, T> = {},
  ) {
    checkArguments(new.target.name, 2, arguments)
    const given = readOptions('DataLoader', OPTIONS, options)
    const { batchSize, shuffle, dropLast, generator, sampler, prefetch, collateFn } = given
    if (sampler !== undefined && (shuffle || generator !== undefined)) {
      const what = shuffle ? 'shuffle' : 'generator'
      const hint = 'the sampler draws the order, from a generator of its own'
      throw new ValueError(complaint('DataLoader', what, 'left out beside a sampler', 'both', hint))
    }
    this.dataset = datasetOf(source) as Dataset<S>
    this.batchSize = batchSize
    this.shuffle = shuffle
    this.dropLast = dropLast
    this.generator = generator ?? sampler?.generator
    this.sampler = sampler
    this.#collateFn = collateFn
    this.prefetch = prefetch ?? (isAsyncDataset(this.dataset) ? 2 : 0)
  }

  /** Number of batches of an epoch. */
  get length(): number {
    const batches = this.numSamples / this.batchSize
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches)
  }

  /** Number of samples of an epoch: those of the dataset, or as many as the sampler draws. */
  get numSamples(): number {
    return this.sampler?.length ?? this.dataset.length
  }

  /** Whether the batches have to be waited for. */
  get isAsync(): boolean {
    return isAsyncDataset(this.dataset) || (this.prefetch > 0 && !this.gathers)
  }

  /**
   * Whether the dataset makes batches at once.
   *
   * @internal
   */
  get gathers(): boolean {
    return this.dataset.gather !== undefined && this.#collateFn === undefined
  }

  /** Starts an epoch: its order is drawn now. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#batches(this.drawOrder())
  }

  /** Starts an epoch whose batches are waited for, `prefetch` of them on their way: its order is drawn now. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this.#promised(this.drawOrder())
  }

  /**
   * The numbers of the samples in the order of an epoch that starts now, int32.
   *
   * @internal
   */
  drawOrder(): Tensor {
    if (this.sampler !== undefined) return drawnFrom(this.sampler, this.dataset.length)
    return this.shuffle ? this.#shuffled() : this.#sequence()
  }

  *#batches(order: Tensor): IterableIterator<T> {
    for (const index of this.#cut(order))
      yield gatherFrom(this.dataset, index, this.#collateFn) as T
  }

  async *#promised(order: Tensor): AsyncIterableIterator<T> {
    const { dataset } = this
    const collate = this.#collateFn
    const later = this.isAsync
    const indices = this.#cut(order)
    const coming: Promise<readonly Tensor[]>[] = []
    const ask = (): void => {
      while (coming.length < Math.max(1, this.prefetch)) {
        const next = indices.next()
        if (next.done === true) return
        const index = next.value
        const batch = later
          ? gatherLater(dataset, index, collate)
          : Promise.resolve(gatherFrom(dataset, index, collate))
        batch.catch(() => undefined) // thrown where it is awaited
        coming.push(batch)
      }
    }
    ask()
    while (coming.length > 0) {
      const batch = await coming.shift()!
      ask()
      yield batch as T
    }
  }

  /** The order in pieces of a batch. */
  *#cut(order: Tensor): IterableIterator<Tensor> {
    const { batchSize } = this
    const end = this.dropLast ? order.length - (order.length % batchSize) : order.length
    for (let start = 0; start < end; start += batchSize) {
      yield order.narrow(0, start, Math.min(batchSize, end - start))
    }
  }

  #shuffled(): Tensor {
    return randperm(this.numSamples, { generator: this.generator ?? derivedGenerator() })
  }

  #sequence(): Tensor {
    if (this.#inOrder?.length !== this.numSamples) {
      this.#inOrder = arange(this.numSamples, { dtype: 'int32' })
    }
    return this.#inOrder
  }
}
