import { checkedIterator, isAsyncIterable, isIterable } from '../check.js'
import { capture } from '../capture/capture.js'
import { CaptureError, complaint, ValueError } from '../errors.js'
import { DataLoader, type DataLoaderOptions } from '../data/data-loader.js'
import { empty, noTensor, Tensor } from '../tensor/tensor.js'
import { type Batch, checkBatch } from './arguments.js'
import { withThreads } from '../threads.js'
import { awaited, drive, type Flow, wait } from './flow.js'
import type { Manner } from './replayable.js'

/**
 * Batches of an epoch: a `DataLoader`, or anything that gives [features, targets] one by one. What a batch holds
 * behind these two, as the lengths of `data.padCollate`, is left alone.
 */
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
 * @param sync Whether nobody waits for batches.
 * @param options How tensors are cut.
 * @throws ValueError when it is none, of batches to wait for, or a loader without a batch; ShapeError when tensors do not
 *   share their first dimension.
 */
export function batchesOf(
  who: string,
  what: string,
  source: unknown,
  sync: boolean,
  options: DataLoaderOptions,
): Batches {
  if (isTensors(source)) {
    checkBatch(who, source)
    return checkedLoader(who, what, new DataLoader(source, options))
  }
  checkNoArrays(who, source)
  if (source instanceof DataLoader && !(sync && source.isAsync)) {
    return checkedLoader(who, what, source as Loader)
  }
  if (isIterable(source) && !(source instanceof DataLoader)) return source as Batches
  if (isAsyncIterable(source)) {
    if (!sync) return source as Batches
    const hint = `${who.replace(/Sync$/, '')} waits for batches`
    throw new ValueError(complaint(who, what, 'batches that are there', 'an async iterable', hint))
  }
  const hint = 'new data.DataLoader([features, targets], { batchSize: 64 }), say'
  throw new ValueError(complaint(who, what, 'iterable, as a DataLoader is', source, hint))
}

/**
 * A list in which a tensor, or an array of numbers or words, is an item was meant for features and targets:
 * items of a list of batches are lists of tensors.
 *
 * @throws ValueError
 */
export function checkNoArrays(who: string, source: unknown): void {
  if (!Array.isArray(source) || isTensors(source)) return
  const items: readonly unknown[] = source
  const isColumn = (item: unknown): boolean => {
    if (item instanceof Tensor || ArrayBuffer.isView(item)) return true
    const first: unknown = Array.isArray(item) ? item[0] : null
    return Array.isArray(first) || typeof first === 'number' || typeof first === 'string'
  }
  if (!items.some(isColumn)) return
  const i = items.findIndex((item) => !(item instanceof Tensor))
  throw noTensor(who, ['the features', 'the targets'][i] ?? `item ${i}`, items[i])
}

type Loader = DataLoader<readonly Tensor[]>

function checkedLoader(who: string, what: string, loader: Loader): Loader {
  if (loader.length > 0) return loader
  const { numSamples, batchSize } = loader
  const got = `${numSamples} of them`
  if (numSamples === 0) throw new ValueError(complaint(who, what, 'of at least one sample', got))
  const hint = 'dropLast drops a batch that is not full: leave it out, or make batchSize smaller'
  const expected = `of at least ${batchSize} samples, one batch,`
  throw new ValueError(complaint(who, what, expected, got, hint))
}

/** @throws ValueError when batches that several epochs are to go through can be gone through once. */
export function checkRepeatable(who: string, what: string, batches: Batches, epoch: number): void {
  const generator = /^\[object (Async)?Generator\]$/.test(Object.prototype.toString.call(batches))
  if (!generator) return
  const expected = `something to iterate over anew in each epoch`
  const got = `a generator, which has no batch left in epoch ${epoch}`
  throw new ValueError(complaint(who, what, expected, got, ANEW))
}

/** That there was nothing to train on, or to evaluate on. */
export function noBatches(who: string, what: string): ValueError {
  return new ValueError(complaint(who, what, 'of at least one sample', 'none', ANEW))
}

const ANEW =
  'an iterator can be gone through only once: pass an array, a DataLoader or ' +
  '{ [Symbol.iterator]: () => batches() }, which begin anew'

/** @throws ValueError when what cuts tensors is given for batches that are cut already. */
export function checkCut(
  who: string,
  source: unknown,
  { batchSize, shuffle }: Pick<DataLoaderOptions, 'batchSize' | 'shuffle'>,
): void {
  if (isTensors(source) || (batchSize ?? shuffle) === undefined) return
  throw new ValueError(`${who}: batchSize and shuffle go with tensors; a loader has its own`)
}

/** A loader whose batches a captured step can gather by itself. */
export type IndexedLoader = DataLoader<readonly Tensor[]> & {
  readonly dataset: { gather(index: Tensor): readonly Tensor[] }
}

/** Whether the batches of a loader are made by kernels alone, from a dataset in memory. */
export function isIndexed(batches: Batches): batches is IndexedLoader {
  if (!(batches instanceof DataLoader) || !batches.gathers) return false
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
    parts.push(index.narrow(0, start, Math.min(batchSize, index.length - start)))
  }
  return parts
}

/**
 * The batches in groups of `size`, the last one perhaps smaller. Unless they are to come in one go, the
 * next group is asked for while the one before it is being worked on, and no further ahead.
 */
export class Groups {
  readonly #who: string
  readonly #size: number
  readonly #manner: Manner
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown>
  #before: number
  #ended = false
  #closed = false
  #next: Promise<Batch[]> | null = null

  /** @param before Batches that come first, in groups of their own. */
  constructor(who: string, batches: Batches, size: number, manner: Manner, before = 0) {
    this.#who = who
    this.#size = size
    this.#before = before
    this.#manner = manner
    const iterable = batches as Partial<AsyncIterable<unknown>> & Iterable<unknown>
    const there = manner.sync || (batches instanceof DataLoader && !batches.isAsync)
    const waiting = there ? undefined : iterable[Symbol.asyncIterator]?.()
    this.#iterator = checkedIterator(who, 'the batches', waiting ?? iterable[Symbol.iterator]())
  }

  /**
   * The next group; an empty one at the end.
   *
   * @throws the signal's reason as soon as it is aborted.
   */
  *next(): Flow<Batch[]> {
    const { sync, signal } = this.#manner
    if (sync) return yield* this.#collect()
    this.#next ??= drive(this.#collect())
    const group = yield* wait(unlessAborted(this.#next, signal))
    this.#next = drive(this.#collect())
    this.#next.catch(() => undefined) // thrown where it is awaited
    return group
  }

  /**
   * Lets go of the batches that were not asked for. What the iterator throws then does not count, as
   * where a loop over it is left by an error.
   */
  *close(): Flow<void> {
    this.#closed = true
    if (this.#ended) return
    try {
      const returned = this.#iterator.return?.()
      if (this.#manner.sync || returned === undefined) return
      yield* wait(unlessAborted(Promise.resolve(returned), this.#manner.signal))
    } catch {
      // the error that the loop was left by is on its way
    }
  }

  /** Batches that are there are asked for in a row, whatever runs meanwhile: what they draw comes in their order. */
  *#collect(): Flow<Batch[]> {
    const group: Batch[] = []
    const size = this.#before > 0 ? Math.min(this.#before, this.#size) : this.#size
    while (group.length < size && !this.#ended && !this.#closed) {
      const { done, value } = yield* this.#ask()
      if (done === true) this.#ended = true
      else {
        const batch = yield* awaited(value)
        checkBatch(this.#who, batch)
        group.push(batch)
      }
    }
    this.#before -= Math.min(this.#before, group.length)
    return group
  }

  *#ask(): Flow<IteratorResult<unknown, unknown>> {
    try {
      return yield* awaited(withThreads(this.#manner.threads, () => this.#iterator.next()))
    } catch (error) {
      this.#ended = true // an iterator that throws has closed itself
      throw error
    }
  }
}

/** What the promise comes to, or the signal's reason as soon as that is aborted. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort)
    })
  })
}
