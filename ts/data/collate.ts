import { complaint, ShapeError, ValueError } from '../errors.js'
import { empty, Tensor } from '../tensor/tensor.js'
import type { Dataset } from './dataset.js'

/**
 * The samples of a dataset whose numbers are in `index` (int32, not empty), as a batch: stacked, or as
 * `collate` makes it.
 *
 * @throws ShapeError, ValueError when the samples do not agree in shape, dtype or number of tensors.
 */
export function gatherFrom<T extends readonly Tensor[]>(
  dataset: Dataset<T, T | Promise<T>>,
  index: Tensor,
): T
export function gatherFrom(
  dataset: AnyDataset,
  index: Tensor,
  collate: Collate | undefined,
): readonly Tensor[]
export function gatherFrom(
  dataset: AnyDataset,
  index: Tensor,
  collate?: Collate,
): readonly Tensor[] {
  if (collate === undefined && dataset.gather !== undefined) return dataset.gather(index)
  const numbers = Array.from(index.data)
  return batched(numbers, (row) => dataset.get(numbers[row]!), collate)
}

/** Makes a batch of its samples. */
export type Collate = (samples: never[]) => readonly Tensor[]

type AnyDataset = Dataset<readonly Tensor[], readonly Tensor[] | Promise<readonly Tensor[]>>

function batched(
  numbers: readonly number[],
  get: (row: number) => unknown,
  collate: Collate | undefined,
): readonly Tensor[] {
  if (collate === undefined) return stacked(numbers, get)
  const samples = numbers.map((number, row) => checkedSample(number, get(row)))
  const batch: unknown = collate(samples as never[])
  if (Array.isArray(batch) && batch.every((part) => part instanceof Tensor)) return batch
  const what = 'what collateFn returns'
  throw new ValueError(complaint('DataLoader', what, 'an array of tensors', batch))
}

/** The same of a dataset that may give promises, all of which are asked for at once. */
export async function gatherLater(
  dataset: AnyDataset,
  index: Tensor,
  collate: Collate | undefined,
): Promise<readonly Tensor[]> {
  const numbers = Array.from(index.data)
  const samples: readonly unknown[] = await Promise.all(
    numbers.map(async (number) => dataset.get(number)),
  )
  return batched(numbers, (row) => samples[row], collate)
}

/** A batch of samples, which are asked for one after the other. */
function stacked(numbers: readonly number[], get: (row: number) => unknown): Tensor[] {
  const first = checkedSample(numbers[0]!, get(0))
  const batch = first.map((tensor) => empty([numbers.length, ...tensor.shape], tensor.dtype))
  numbers.forEach((number, row) => {
    const sample = row === 0 ? first : checkedSample(number, get(row))
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
  return batch
}

function checkedSample(number: number, sample: unknown): readonly Tensor[] {
  if (Array.isArray(sample) && sample.every((part) => part instanceof Tensor)) return sample
  const promised = typeof (sample as { then?: unknown } | null)?.then === 'function'
  if (promised) (sample as Promise<unknown>).then(undefined, () => undefined)
  throw new ValueError(
    complaint(
      'DataLoader',
      `sample ${number}`,
      'an array of tensors',
      Array.isArray(sample)
        ? 'an array with something else'
        : promised
          ? 'a promise'
          : typeof sample,
      promised
        ? 'pass { prefetch: 2 } and wait for the batches: for await (const batch of loader), or fit'
        : 'get(index) returns [features, target], made with tensor(…)',
    ),
  )
}
