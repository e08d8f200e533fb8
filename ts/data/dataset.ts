import type { Tensor } from '../tensor/tensor.js'

/**
 * Samples by number, each a tuple of tensors (features, target). What a `DataLoader` iterates over;
 * write your own for data that is made on demand.
 *
 * @see https://pytorch.org/docs/stable/data.html#map-style-datasets
 *
 * @typeParam T the tensors of a sample or a batch, such as `[Tensor, Tensor]`
 */
export interface Dataset<T extends readonly Tensor[] = readonly Tensor[]> {
  /** Number of samples. */
  readonly length: number
  /** Sample `index`, from 0 to length - 1: tensors without a batch dimension, the caller's own. */
  get(index: number): T
  /**
   * Many samples at once, a batch dimension in front, for datasets that are faster at it than one
   * `get` a sample. `index` is int32 of shape (n). The tensors are the caller's own.
   */
  gather?(index: Tensor): T
}
