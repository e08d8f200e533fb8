import { checkArguments, checkList } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { callFor, kernels } from '../kernels/backend.js'
import type { DType } from '../kernels/dtype.js'
import { type Options, readOptions, unchecked } from '../options.js'
import { emptyPooled } from '../tensor/pool.js'
import { checkCountable, empty, formatShape, noTensor, Tensor } from '../tensor/tensor.js'
import type { Dataset } from './dataset.js'

/** One entry a tensor; null leaves that tensor as it is. */
export type PerColumn<T extends readonly Tensor[]> = {
  readonly [K in keyof T]: number | null
}

export interface TensorDatasetOptions<T extends readonly Tensor[]> {
  /**
   * Factors by which the rows of a tensor are multiplied as they are taken. The result is float32
   * (float64 from float64), so images can stay in memory as bytes: `scale: [1 / 255, null]`.
   */
  scale?: PerColumn<T>
  /** Added after scaling: a mean m and a deviation s of bytes are `scale` 1 / (255 s), `shift` -m / s. */
  shift?: PerColumn<T>
}

const OPTIONS = {
  scale: unchecked<PerColumn<readonly Tensor[]>>(),
  shift: unchecked<PerColumn<readonly Tensor[]>>(),
} satisfies Options<TensorDatasetOptions<readonly Tensor[]>>

interface Column {
  readonly tensor: Tensor
  /** Shape of a row. */
  readonly tail: readonly number[]
  readonly cols: number
  readonly dtype: DType
  readonly scale: number
  readonly shift: number
}

/**
 * Tensors whose first dimension counts the samples: sample i is row i of each.
 *
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.TensorDataset
 *
 * @example
 * const train = new data.TensorDataset([images, labels], { scale: [1 / 255, null] })
 */
export class TensorDataset<T extends readonly Tensor[]> implements Dataset<T> {
  readonly length: number
  readonly tensors: readonly [...T]
  readonly #columns: readonly Column[]

  /**
   * @throws ShapeError when the tensors do not share their first dimension, or more than 2^16 samples
   *   hold no element.
   * @throws ValueError when there are no tensors, or `scale` or `shift` do not have one entry each.
   */
  constructor(tensors: readonly [...T], options: TensorDatasetOptions<T> = {}) {
    checkArguments(new.target.name, 2, arguments)
    checkList('TensorDataset', 'the tensors', tensors)
    const { scale: scaled, shift: shifted } = readOptions('TensorDataset', OPTIONS, options)
    const list: readonly Tensor[] = [...(tensors as readonly Tensor[])]
    const first = list[0]
    if (first === undefined) {
      throw new ValueError('TensorDataset: expected at least one tensor, got an empty list')
    }
    list.forEach((tensor, i) => {
      if (!(tensor instanceof Tensor)) {
        throw noTensor('TensorDataset', `item ${i}`, tensor)
      }
      if (tensor.ndim === 0 || tensor.shape[0] !== first.shape[0]) {
        const rows = first.ndim === 0 ? 'at least one dimension' : `${first.shape[0]} rows`
        throw new ShapeError(
          complaint(
            'TensorDataset',
            `tensor ${i}`,
            `of ${rows}${i === 0 ? '' : ', as tensor 0 has'}`,
            `shape ${formatShape(tensor.shape)}`,
          ),
        )
      }
    })
    if (list.every(({ length }) => length === 0)) {
      checkCountable('TensorDataset', first.shape, first.shape[0]!)
    }
    const scale = entries('scale', list.length, scaled)
    const shift = entries('shift', list.length, shifted)
    this.tensors = list as readonly [...T]
    this.length = first.shape[0]!
    this.#columns = list.map((tensor, i) => {
      const tail = tensor.shape.slice(1)
      const plain = scale[i] === null && shift[i] === null
      return {
        tensor,
        tail,
        cols: tail.reduce((product, dim) => product * dim, 1),
        dtype: plain || tensor.dtype === 'float64' ? tensor.dtype : 'float32',
        scale: scale[i] ?? 1,
        shift: shift[i] ?? 0,
      }
    })
  }

  /**
   * @throws ValueError when there is no such sample.
   */
  get(index: number): T {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new ValueError(
        complaint('TensorDataset', 'the index', `within 0 to ${this.length - 1}`, index),
      )
    }
    const number = empty([1], 'int32')
    number.data[0] = index
    const batch = this.gather(number).map((tensor) => tensor.reshape(tensor.shape.slice(1)))
    return batch as readonly Tensor[] as T
  }

  /**
   * @throws ValueError when one of the numbers is not that of a sample.
   */
  gather(index: Tensor): T {
    checkIndex('TensorDataset', index)
    const backend = kernels()
    const rows = index.length
    const gathered = callFor('TensorDataset', () =>
      this.#columns.map(({ tensor, tail, cols, dtype, scale, shift }) => {
        const out = emptyPooled(Object.freeze([rows, ...tail]), dtype)
        backend.gather({
          src: tensor,
          index,
          out,
          srcRows: this.length,
          rows,
          cols,
          scale,
          shift,
        })
        return out
      }),
    )
    return gathered as readonly Tensor[] as T
  }
}

/**
 * Tensors as a dataset; a dataset as it is.
 *
 * @throws ValueError when it is neither.
 * @internal
 */
export function datasetOf<T extends readonly Tensor[], S extends T | Promise<T>>(
  source: Dataset<T, S> | readonly [...T],
): Dataset<T, S> {
  if (isList(source)) return new TensorDataset<T>(source) as Dataset<T> as Dataset<T, S>
  if (!isDataset(source)) {
    const expected = 'a list of tensors, or an object with length (a whole number) and get(index)'
    throw new ValueError(complaint('DataLoader', 'the dataset', expected, typeof source))
  }
  return source
}

function isList<T extends readonly Tensor[]>(
  source: Dataset<T, T | Promise<T>> | readonly [...T],
): source is readonly [...T] {
  return Array.isArray(source)
}

/**
 * The numbers of samples that `gather` takes.
 *
 * @throws ValueError, DTypeError unless they are an int32 tensor.
 * @internal
 */
export function checkIndex(who: string, index: Tensor): void {
  if (!(index instanceof Tensor)) throw noTensor(who, 'the index', index)
  if (index.dtype === 'int32') return
  throw new DTypeError(complaint(who, 'the index', 'int32', index.dtype, "use to('int32')"))
}

/** @throws ValueError unless it is a dataset. @internal */
export function checkDataset(who: string, source: unknown): void {
  if (isDataset(source)) return
  const expected = 'an object with length (a whole number) and get(index)'
  throw new ValueError(complaint(who, 'the dataset', expected, source))
}

function isDataset(source: unknown): boolean {
  const { length, get } = (source ?? {}) as Record<string, unknown>
  return typeof get === 'function' && Number.isInteger(length) && Number(length) >= 0
}

function entries(
  option: string,
  count: number,
  given: readonly (number | null)[] | undefined,
): readonly (number | null)[] {
  if (given === undefined) return new Array<null>(count).fill(null)
  const list: unknown[] = Array.isArray(given) ? [...(given as readonly unknown[])] : []
  const fits = list.every((entry) => entry === null || Number.isFinite(entry))
  if (list.length === count && fits) return list as (number | null)[]
  const expected = `a list of ${count} finite numbers or nulls, one a tensor`
  throw new ValueError(complaint('TensorDataset', option, expected, given))
}
