import { checkArguments, checkCount } from '../check.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import { refuseWhileRecording } from '../kernels/backend.js'
import type { Option } from '../options.js'
import { copyStrided, placesOf } from '../tensor/strided.js'
import { empty, formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { writtenAt } from '../tensor/written.js'

/** Keys and values of a call, of (N, T, …) or (T, N, …). */
export interface NewRows {
  /** Which attention asks. */
  readonly owner: object
  /** As messages say it. */
  readonly who: string
  readonly batch: number
  readonly rows: number
  readonly batchFirst: boolean
  /** What keys and values are projected with. */
  readonly weights: readonly Tensor[]
}

/** Columns of a tensor, from one of them on. */
export interface Columns {
  readonly x: Tensor
  readonly first: number
  readonly count: number
}

/** Keys and values of one attention, side by side: (N, maxLength, 2 E) or (maxLength, N, 2 E). */
interface Slot {
  rows: Tensor | null
  length: number
  /** When the weights of these rows had been written. */
  weighed: number
}

/** What was projected of a memory, and when that had been written. */
interface Kept {
  readonly memory: readonly Tensor[]
  readonly written: number
  readonly weighed: number
  readonly rows: Tensor
}

/**
 * Keys and values that attention has computed already, so that a next token costs its own row alone. It is
 * handed to `nn.MultiheadAttention`, or to a model that hands it on, as `cache`:
 *
 * where keys are the queries (self-attention), those of the call are put behind those of the calls before,
 * and rows attend to all of them, with `isCausal` each up to itself; other keys, as those of a decoder's
 * memory, are projected in the first call and kept.
 *
 * Each attention has memory of its own in it, N · maxLength · 2 embedDim numbers, from its first call on. It
 * computes without gradients: within `noGrad`, or of parameters that require none. A module that attends
 * twice in one pass needs two. When weights have changed, `reset()` it.
 *
 * @example
 * const cache = new nn.KeyValueCache(256)
 * const { output } = noGrad(() => attention.forward(x, x, x, { cache, isCausal: true, needWeights: false }))
 */
export class KeyValueCache {
  readonly #slots = new Map<object, Slot>()
  readonly #kept = new Map<object, Kept>()
  #batch: number | null = null

  /** @throws ValueError unless `maxLength` is a whole number of at least 1. */
  constructor(readonly maxLength: number) {
    checkArguments(new.target.name, 1, arguments)
    checkCount('KeyValueCache', 'maxLength', maxLength, 1)
  }

  /** How many tokens all attention in it has seen: the place of the next one. */
  get length(): number {
    const lengths = this.#lengths
    return lengths.length === 0 ? 0 : Math.min(...lengths)
  }

  /** Of all attention that has seen something: after `reset` another model may come. */
  get #lengths(): number[] {
    return [...this.#slots.values()].map(({ length }) => length).filter((length) => length > 0)
  }

  /** Sequences side by side; null before the first call. */
  get batch(): number | null {
    return this.#batch
  }

  /**
   * Forgets all, a memory's keys too: the next call may have another batch or be another model's. Keeps the
   * storage of the attention that was called since the last time.
   */
  reset(): void {
    checkArguments('KeyValueCache.reset', 0, arguments)
    for (const [owner, slot] of this.#slots) {
      if (slot.length === 0) this.#slots.delete(owner)
      slot.length = 0
    }
    this.#kept.clear()
    this.#batch = null
  }

  /**
   * Forgets what comes behind the first `length` tokens.
   *
   * @throws ValueError unless it is a whole number up to `length`.
   */
  truncate(length: number): void {
    checkArguments('KeyValueCache.truncate', 1, arguments)
    if (!(Number.isInteger(length) && length >= 0 && length <= this.length)) {
      const expected = `a whole number from 0 to ${this.length}`
      throw new ValueError(complaint('KeyValueCache.truncate', 'the length', expected, length))
    }
    for (const slot of this.#slots.values()) slot.length = Math.min(slot.length, length)
  }

  /**
   * How many keys an attention has before those that come now. Changes nothing.
   *
   * @throws ShapeError for another batch, and for more than `maxLength`.
   * @throws ValueError when other attention was left out of the last pass, or weights have changed.
   * @internal
   */
  pastOf({ owner, who, batch, rows, weights }: NewRows): number {
    this.#check(who, batch)
    const slot = this.#slots.get(owner)
    const past = slot?.length ?? 0
    if (slot !== undefined && past > 0) checkWeights(who, slot, weights)
    const lengths = this.#lengths
    const most = Math.max(0, ...lengths)
    // The first of a pass, when all have seen the same, or one of those that follow it.
    const fits = past === most ? lengths.every((length) => length === most) : past + rows === most
    if (!fits) {
      const got = `${past} of ${most}`
      const expected = `as many tokens as the other attention in it`
      const hint = 'truncate(length) after a pass that failed; a cache is of one model'
      throw new ValueError(complaint(who, 'what the cache has seen', expected, got, hint))
    }
    if (past + rows > this.maxLength) {
      const expected = `at most ${this.maxLength} tokens, its maxLength`
      throw new ShapeError(complaint(who, 'the cache', expected, `${past} and ${rows} more`))
    }
    return past
  }

  /**
   * Puts keys and values behind those of the calls before.
   *
   * @returns (N, maxLength, 2 E) or (maxLength, N, 2 E).
   * @internal
   */
  append(given: NewRows, parts: readonly Columns[]): Tensor {
    const { owner, batch, rows, weights } = given
    const slot: Slot = this.#slots.get(owner) ?? { rows: null, length: 0, weighed: 0 }
    slot.rows = laid(slot.rows, given, this.maxLength, parts)
    putColumns(parts, slot.rows, slot.length, given)
    slot.length += rows
    slot.weighed = latest(weights)
    this.#slots.set(owner, slot)
    this.#batch = batch
    return slot.rows
  }

  /**
   * Keys and values of a memory that were projected before; null when there are none.
   *
   * @throws ShapeError for another batch.
   * @throws ValueError when they were those of other tensors, or these or the weights have been written since.
   * @internal
   */
  keptOf({ owner, who, batch, weights }: NewRows, memory: readonly Tensor[]): Tensor | null {
    this.#check(who, batch)
    const kept = this.#kept.get(owner)
    if (kept === undefined) return null
    checkWeights(who, kept, weights)
    const { rows, written } = kept
    if (kept.memory.every((x, i) => isSame(x, memory[i]!)) && latest(memory) <= written) return rows
    const hint = 'reset() the cache for another memory'
    const expected = 'the tensors of the first call, unchanged'
    const got = memory.map(({ shape }) => formatShape(shape)).join(' and ')
    throw new ValueError(complaint(who, 'keys and values', expected, `others, ${got}`, hint))
  }

  /** Keeps keys and values of a memory. @internal */
  keep(given: NewRows, memory: readonly Tensor[], parts: readonly Columns[]): Tensor {
    const rows = laid(null, given, given.rows, parts)
    putColumns(parts, rows, 0, given)
    const [written, weighed] = [latest(memory), latest(given.weights)]
    this.#kept.set(given.owner, { memory, written, weighed, rows })
    this.#batch = given.batch
    return rows
  }

  #check(who: string, batch: number): void {
    refuseWhileRecording('a KeyValueCache')
    if (this.#batch === null || this.#batch === batch) return
    const hint = 'reset() the cache for another batch'
    const expected = `${this.#batch}, that of the cache`
    throw new ShapeError(complaint(who, 'the batch', expected, batch, hint))
  }
}

/** The option of what takes one. */
export const cacheOption: Option<KeyValueCache | null> = {
  initial: null,
  expected: 'a KeyValueCache, as in { cache: new nn.KeyValueCache(256) }',
  accepts: (value) => value === null || value instanceof KeyValueCache,
}

function isSame(a: Tensor, b: Tensor): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset && sameShape(a.shape, b.shape)
}

const latest = (tensors: readonly Tensor[]): number => Math.max(...tensors.map(writtenAt))

function checkWeights(
  who: string,
  { weighed }: { readonly weighed: number },
  weights: readonly Tensor[],
): void {
  if (latest(weights) === weighed) return
  const expected = 'those that the keys in the cache were projected with'
  const hint = 'reset() the cache after a step of training'
  throw new ValueError(complaint(who, 'the weights', expected, 'changed ones', hint))
}

/** A tensor for so many rows, the one that there is where it fits. */
function laid(
  known: Tensor | null,
  { batch, batchFirst }: NewRows,
  rows: number,
  parts: readonly Columns[],
): Tensor {
  const columns = parts.reduce((sum, { count }) => sum + count, 0)
  const shape: Shape = batchFirst ? [batch, rows, columns] : [rows, batch, columns]
  const { dtype } = parts[0]!.x
  if (known !== null && known.dtype === dtype && sameShape(known.shape, shape)) return known
  return empty(shape, dtype)
}

/** Writes columns side by side, from a row on. */
function putColumns(
  parts: readonly Columns[],
  out: Tensor,
  row: number,
  { batchFirst }: NewRows,
): void {
  const to = placesOf(out.shape)
  let offset = row * to.strides[batchFirst ? 1 : 0]!
  for (const { x, first, count } of parts) {
    const from = { offset: first, strides: placesOf(x.shape).strides }
    const sizes = [x.shape[0]!, x.shape[1]!, count]
    copyStrided(x, from, out, { offset, strides: to.strides }, sizes)
    offset += count
  }
}
