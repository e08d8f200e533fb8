import { types } from 'node:util'

import type { Tensor } from '../tensor/tensor.js'

/**
 * Samples by number, each a tuple of tensors (features, target). What a `DataLoader` iterates over;
 * write your own for data that is made on demand.
 *
 * @see https://pytorch.org/docs/stable/data.html#map-style-datasets
 *
 * @typeParam T the tensors of a sample or a batch, such as `[Tensor, Tensor]`
 * @typeParam S what `get` gives: a sample, or a promise of one
 */
export interface Dataset<
  T extends readonly Tensor[] = readonly Tensor[],
  S extends T | Promise<T> = T,
> {
  /** Number of samples. */
  readonly length: number
  /** Sample `index`, from 0 to length - 1: tensors without a batch dimension, the caller's own. */
  get(index: number): S
  /**
   * Many samples at once, a batch dimension in front, for datasets that are faster at it than one
   * `get` a sample. `index` is int32 of shape (n). The tensors are the caller's own.
   */
  gather?(index: Tensor): T
  /** Whether `get` gives promises. Default: whether it is an async function. */
  readonly isAsync?: boolean
}

/** Samples that have to be waited for: files that are read, images that are decoded. */
export type AsyncDataset<T extends readonly Tensor[] = readonly Tensor[]> = Dataset<T, Promise<T>>

/** Whether the samples of a dataset have to be waited for. */
export function isAsyncDataset(dataset: {
  readonly isAsync?: unknown
  readonly get: unknown
}): boolean {
  return typeof dataset.isAsync === 'boolean' ? dataset.isAsync : types.isAsyncFunction(dataset.get)
}
