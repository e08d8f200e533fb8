import { types } from 'node:util'

import { checkArguments, checkFunction } from '../check.js'
import type { Tensor } from '../tensor/tensor.js'
import { type Dataset, isAsyncDataset } from './dataset.js'
import { checkDataset } from './tensor-dataset.js'

/**
 * A dataset whose samples go through a function when they are asked for: what torchvision's datasets
 * have as `transform`. It may be async.
 *
 * What a function of JavaScript does to samples cannot be part of a captured step: for images in memory
 * the layers that augment them (`nn.RandomCrop`, …) take a fraction of its time.
 *
 * @example
 * const noisy = new data.TransformedDataset(dataset, ([x, y]) => [add(x, randn(x.shape)), y])
 */
export class TransformedDataset<
  T extends readonly Tensor[],
  U extends readonly Tensor[],
> implements Dataset<U, U | Promise<U>> {
  readonly isAsync: boolean

  /**
   * @param transform Makes a sample of a sample.
   * @throws ValueError when the one is no dataset or the other no function.
   */
  constructor(
    readonly dataset: Dataset<T, T | Promise<T>>,
    readonly transform: (sample: T, index: number) => U | Promise<U>,
  ) {
    checkArguments(new.target.name, 2, arguments)
    checkDataset('TransformedDataset', dataset)
    checkFunction('TransformedDataset', 'transform', transform)
    this.isAsync = isAsyncDataset(dataset) || types.isAsyncFunction(transform)
  }

  get length(): number {
    return this.dataset.length
  }

  get(index: number): U | Promise<U> {
    const sample = this.dataset.get(index)
    if (!types.isPromise(sample)) return this.transform(sample, index)
    return sample.then((value) => this.transform(value, index))
  }
}
