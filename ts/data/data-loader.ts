import { checkArguments } from '../check.js'
import { kernels } from '../kernels/backend.js'
import { flag, type Options, readOptions, whole } from '../options.js'
import { defaultGenerator, Generator, generatorOption } from '../random/generator.js'
import { randperm } from '../random/sample.js'
import { arange } from '../tensor/create.js'
import { empty, type Tensor } from '../tensor/tensor.js'
import { gatherFrom } from './collate.js'
import type { Dataset } from './dataset.js'
import { datasetOf } from './tensor-dataset.js'

export interface DataLoaderOptions {
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
}

const OPTIONS = {
  batchSize: whole(1, 1),
  shuffle: flag(false),
  dropLast: flag(false),
  generator: generatorOption,
} satisfies Options<DataLoaderOptions>

/**
 * Mini-batches of a dataset: each iteration over the loader is one epoch. A batch has a tensor for
 * each of the dataset, with the samples along the first dimension; targets of shape (n) stay (n),
 * targets of shape (n, 1) stay (n, 1). Batches are fresh tensors that belong to the caller, and
 * iterations do not disturb each other.
 *
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader
 *
 * @example
 * const loader = new data.DataLoader([x, y], { batchSize: 64, shuffle: true })
 * for (const [features, targets] of loader) { … }
 */
export class DataLoader<T extends readonly Tensor[]> implements Iterable<T> {
  readonly dataset: Dataset<T>
  readonly batchSize: number
  readonly shuffle: boolean
  readonly dropLast: boolean
  readonly generator: Generator | undefined
  #inOrder: Tensor | undefined

  /**
   * @param source A dataset, or tensors that share their first dimension.
   * @throws ValueError when the batch size is not a whole number of at least 1.
   * @throws ShapeError when the tensors do not share their first dimension.
   */
  constructor(source: Dataset<T> | readonly [...T], options: DataLoaderOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    const { batchSize, shuffle, dropLast, generator } = readOptions('DataLoader', OPTIONS, options)
    this.dataset = datasetOf(source)
    this.batchSize = batchSize
    this.shuffle = shuffle
    this.dropLast = dropLast
    this.generator = generator
  }

  /** Number of batches of an epoch. */
  get length(): number {
    const batches = this.numSamples / this.batchSize
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches)
  }

  /** Number of samples of the dataset. */
  get numSamples(): number {
    return this.dataset.length
  }

  /** Starts an epoch: its order is drawn now. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#batches(this.drawOrder())
  }

  /**
   * The numbers of the samples in the order of an epoch that starts now, int32.
   *
   * @internal
   */
  drawOrder(): Tensor {
    return this.shuffle ? this.#shuffled() : this.#sequence()
  }

  *#batches(order: Tensor): IterableIterator<T> {
    const { batchSize, dataset } = this
    const end = this.dropLast ? order.length - (order.length % batchSize) : order.length
    for (let start = 0; start < end; start += batchSize) {
      yield gatherFrom(dataset, order.narrow(start, Math.min(batchSize, end - start)))
    }
  }

  #shuffled(): Tensor {
    return randperm(this.numSamples, { generator: this.generator ?? derived() })
  }

  #sequence(): Tensor {
    if (this.#inOrder?.length !== this.numSamples) {
      this.#inOrder = arange(this.numSamples, { dtype: 'int32' })
    }
    return this.#inOrder
  }
}

/** A generator seeded by the default one, which moves on by one draw whatever the dataset's size. */
function derived(): Generator {
  const seed = empty([1], 'float64')
  kernels().uniform(defaultGenerator.state, seed, 1, 0, 2 ** 53)
  return new Generator(seed.item())
}
