import { complaint, ShapeError, ValueError } from '../errors.js'
import { empty, Tensor } from '../tensor/tensor.js'
import type { Dataset } from './dataset.js'

/**
 * The samples of a dataset whose numbers are in `index` (int32, not empty), as a batch.
 *
 * @throws ShapeError, ValueError when the samples do not agree in shape, dtype or number of tensors.
 */
export function gatherFrom<T extends readonly Tensor[]>(dataset: Dataset<T>, index: Tensor): T {
  if (dataset.gather !== undefined) return dataset.gather(index)
  const numbers = index.data
  const first = sampleOf(dataset, numbers[0]!)
  const batch = first.map((tensor) => empty([index.length, ...tensor.shape], tensor.dtype))
  numbers.forEach((number, row) => {
    const sample = row === 0 ? first : sampleOf(dataset, number)
    if (sample.length !== first.length) {
      throw new ValueError(
        complaint('DataLoader', `sample ${number}`, `${first.length} tensors`, `${sample.length}`),
      )
    }
    sample.forEach((tensor, column) => {
      const like = first[column]!
      if (tensor.toString() !== like.toString()) {
        const what = `tensor ${column} of sample ${number}`
        throw new ShapeError(
          complaint(
            'DataLoader',
            what,
            `${like.toString()}, as in sample ${numbers[0]!}`,
            tensor.toString(),
          ),
        )
      }
      batch[column]!.data.set(tensor.data, row * tensor.length)
    })
  })
  return batch as unknown as T
}

function sampleOf(dataset: Dataset, number: number): readonly Tensor[] {
  const sample: unknown = dataset.get(number)
  if (Array.isArray(sample) && sample.every((part) => part instanceof Tensor)) return sample
  throw new ValueError(
    complaint(
      'DataLoader',
      `sample ${number}`,
      'an array of tensors',
      Array.isArray(sample) ? 'an array with something else' : typeof sample,
      'get(index) returns [features, target], made with tensor(…)',
    ),
  )
}
