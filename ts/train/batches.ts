import { capture } from '../capture/capture.js'
import { CaptureError, complaint, ValueError } from '../errors.js'
import { DataLoader, type DataLoaderOptions } from '../data/data-loader.js'
import { empty, Tensor } from '../tensor/tensor.js'
import { type Batch, checkBatch } from './arguments.js'

/** Batches of an epoch: a `DataLoader`, or anything that gives [features, targets] one by one. */
export type Batches = Iterable<readonly Tensor[]> | AsyncIterable<readonly Tensor[]>

/** Batches, or the tensors that they are cut from: features and targets of all samples. */
export type BatchSource = Batches | readonly [features: Tensor, targets: Tensor]

/** Whether batches have to be cut first. */
export function isTensors(source: unknown): source is readonly Tensor[] {
  return (
    Array.isArray(source) && source.length > 0 && source.every((item) => item instanceof Tensor)
  )
}

/**
 * The batches of a source.
 *
 * @param options How tensors are cut.
 * @throws ValueError when it is none; ShapeError when tensors do not share their first dimension.
 */
export function batchesOf(
  who: string,
  what: string,
  source: unknown,
  options: DataLoaderOptions,
): Batches {
  if (isTensors(source)) {
    checkBatch(who, source)
    return new DataLoader(source, options)
  }
  const iterable = Object(source) as Partial<Iterable<unknown> & AsyncIterable<unknown>>
  if (iterable[Symbol.iterator] ?? iterable[Symbol.asyncIterator]) return source as Batches
  const hint = 'new data.DataLoader([features, targets], { batchSize: 64 }), say'
  const got = source === null ? 'null' : typeof source
  throw new ValueError(complaint(who, what, 'something to iterate over for batches', got, hint))
}

/** A loader whose batches a captured step can gather by itself. */
export type IndexedLoader = DataLoader<readonly Tensor[]> & {
  readonly dataset: { gather(index: Tensor): readonly Tensor[] }
}

/** Whether the batches of a loader are made by kernels alone, from a dataset in memory. */
export function isIndexed(batches: Batches): batches is IndexedLoader {
  if (!(batches instanceof DataLoader) || batches.dataset.gather === undefined) return false
  const { dataset } = batches as IndexedLoader
  if (dataset.length === 0) return false
  try {
    capture(({ index }) => dataset.gather(index), { inputs: { index: empty([1], 'int32') } })
    return true
  } catch (error) {
    if (error instanceof CaptureError) return false
    throw error
  }
}

/** The rows of a vector of sample numbers, batch by batch. */
export function cut(index: Tensor, batchSize: number): Tensor[] {
  const parts: Tensor[] = []
  for (let start = 0; start < index.length; start += batchSize) {
    parts.push(index.narrow(start, Math.min(batchSize, index.length - start)))
  }
  return parts
}

/**
 * The batches in groups of `size`, the last one perhaps smaller. The next group is asked for while the
 * one before it is being worked on, and no further ahead.
 */
export async function* groups(
  who: string,
  batches: Batches,
  size: number,
): AsyncGenerator<Batch[]> {
  const collect = collected(who, batches, size)
  let next = collect.next()
  try {
    for (;;) {
      const step = await next
      if (step.done === true) return
      next = collect.next()
      next.catch(() => undefined) // thrown where it is awaited
      yield step.value
    }
  } finally {
    await collect.return(undefined)
  }
}

async function* collected(who: string, batches: Batches, size: number): AsyncGenerator<Batch[]> {
  let group: Batch[] = []
  for await (const batch of batches) {
    checkBatch(who, batch)
    group.push(batch)
    if (group.length < size) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}
