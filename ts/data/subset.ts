import { checkDataset, checkIndex } from './tensor-dataset.js'
import { checkArguments, checkList } from '../check.js'
import { complaint, DTypeError, ValueError } from '../errors.js'
import { callFor, kernels } from '../kernels/backend.js'
import { empty, Tensor } from '../tensor/tensor.js'
import { gatherFrom } from './collate.js'
import { type Dataset, isAsyncDataset } from './dataset.js'

/**
 * Some samples of a dataset, in the order of `indices`. Nothing is copied.
 *
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.Subset
 */
export class Subset<T extends readonly Tensor[], S extends T | Promise<T> = T> implements Dataset<
  T,
  S
> {
  readonly dataset: Dataset<T, S>
  /** int32, shape (length). */
  readonly indices: Tensor

  /**
   * @param indices Whole numbers, or an int32 tensor (copied).
   * @throws ValueError when one is not the number of a sample.
   */
  constructor(dataset: Dataset<T, S>, indices: readonly number[] | Tensor) {
    checkArguments(new.target.name, 2, arguments)
    if (indices instanceof Tensor && indices.dtype !== 'int32') {
      throw new DTypeError(complaint('Subset', 'the indices', 'int32', indices.dtype))
    }
    checkDataset('Subset', dataset)
    if (!(indices instanceof Tensor)) checkList('Subset', 'the indices', indices)
    const numbers = indices instanceof Tensor ? indices.data : [...indices]
    const own = empty([numbers.length], 'int32')
    numbers.forEach((number: number, i: number) => {
      if (!Number.isInteger(number) || number < 0 || number >= dataset.length) {
        const expected = `within 0 to ${dataset.length - 1}`
        throw new ValueError(complaint('Subset', `index ${i}`, expected, number))
      }
      own.data[i] = number
    })
    this.dataset = dataset
    this.indices = own
  }

  get length(): number {
    return this.indices.length
  }

  get isAsync(): boolean {
    return isAsyncDataset(this.dataset)
  }

  /**
   * @throws ValueError when there is no such sample.
   */
  get(index: number): S {
    const number = Number.isInteger(index) ? this.indices.data[index] : undefined
    if (number === undefined) {
      throw new ValueError(
        complaint('Subset', 'the index', `within 0 to ${this.length - 1}`, index),
      )
    }
    return this.dataset.get(number)
  }

  /**
   * @throws ValueError when one of the numbers is not that of a sample.
   */
  gather(index: Tensor): T {
    checkIndex('Subset', index)
    const mapped = empty([index.length], 'int32')
    callFor('Subset', () => {
      kernels().gather({
        src: this.indices,
        index,
        out: mapped,
        srcRows: this.length,
        rows: index.length,
        cols: 1,
      })
    })
    return gatherFrom(this.dataset, mapped)
  }
}
