import { checkArguments } from '../../check.js'
import { complaint, ShapeError, ValueError } from '../../errors.js'
import { isRecording, refuseWhileRecording } from '../../kernels/backend.js'
import type { FloatDType } from '../../kernels/dtype.js'
import {
  choice,
  flag,
  nullable,
  type Options,
  readOptions,
  unchecked,
  whole,
} from '../../options.js'
import { add, div, maximum, mul } from '../../ops/binary.js'
import {
  addedRows,
  embedding,
  indexSelect,
  indicesOf,
  paddingPlace,
  scatterAdd,
} from '../../ops/gather.js'
import { eq, logicalAnd, ne, where } from '../../ops/mask.js'
import { narrow } from '../../ops/part.js'
import { amax, max } from '../../ops/extremes.js'
import { cumsum } from '../../ops/scan.js'
import { full, ones, tensor, zeros } from '../../tensor/create.js'
import { checkTensor, formatShape, Tensor } from '../../tensor/tensor.js'
import { sameShape } from '../../tensor/workspace.js'
import { beside } from './applied.js'

/** What makes one vector of the rows of a bag. */
export type BagMode = 'sum' | 'mean' | 'max'

/** What a call takes beside the indices. */
export interface EmbeddingBagInputs {
  /** Where each bag begins among indices of one dimension: int32 or uint8, or numbers. */
  offsets?: Tensor | readonly number[] | null
  /** A factor for each index, of the input's shape; for the mode `sum` alone. Default 1. */
  perSampleWeights?: Tensor | null
}

export interface EmbeddingBagFunctionOptions extends EmbeddingBagInputs {
  /** Default `mean`. */
  mode?: BagMode
  /** Whether the last offset is the end of the last bag, no bag of its own. Default false. */
  includeLastOffset?: boolean
  /** The row that counts for nothing and whose gradient is 0; a negative one counts from the end. Default: none. */
  paddingIdx?: number | null
}

export const BAG = {
  mode: choice(['sum', 'mean', 'max'], 'mean'),
  includeLastOffset: flag(false),
  paddingIdx: nullable(whole(-(2 ** 31))),
} satisfies Options<Omit<EmbeddingBagFunctionOptions, keyof EmbeddingBagInputs>>

const OPTIONS = {
  ...BAG,
  offsets: unchecked<Tensor | readonly number[] | null>(),
  perSampleWeights: unchecked<Tensor | null>(),
} satisfies Options<EmbeddingBagFunctionOptions>

const WHO = 'embeddingBag'

/**
 * Sums, means or maxima of rows of a table, one for each bag of indices: (B, L) gives (B, embeddingDim), as does
 * (n) with B offsets. An empty bag gives 0.
 *
 * @param input int32 or uint8.
 * @param weight (numEmbeddings, embeddingDim), float32 or float64.
 * @throws ShapeError, DTypeError unless they go together.
 * @throws ValueError for an index outside of the table, and offsets that do not begin with 0 and rise.
 * @throws CaptureError for `max` with offsets while a step is being captured.
 *
 * @example
 * nn.functional.embeddingBag(words, weight, { offsets: [0, 4], mode: 'sum' }) // of two texts
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding_bag.html
 */
export function embeddingBag(
  input: Tensor,
  weight: Tensor,
  options?: EmbeddingBagFunctionOptions,
): Tensor {
  checkArguments(WHO, 3, arguments)
  const index = indicesOf(WHO, input)
  checkTensor(WHO, weight, 'the table')
  const given = readOptions(WHO, OPTIONS, options)
  const { mode } = given
  const padding = paddingPlace(WHO, given.paddingIdx, weight.shape[0] ?? 0)
  const bags = bagsOf(index, given.offsets ?? null, given.includeLastOffset)
  const flat = index.reshape([-1])
  const rows = embedding(flat, weight, { paddingIdx: padding })
  const factors = checkedFactors(given.perSampleWeights, mode, weight, index)
  if (mode === 'max' && flat.length > 0) return maxima(rows, flat, bags, padding)

  const { count } = bags
  // What counts for nothing is added up behind the last bag.
  const places = padding === null ? bags.ids : where(eq(flat, padding), count, bags.ids)
  const scaled = factors === null ? rows : mul(rows, factors.reshape([-1, 1]))
  const sums = narrow(addedRows(scaled, places, count + 1), 0, 0, count)
  if (mode !== 'mean') return sums
  const one = ones([flat.length, 1], { dtype: rows.dtype as FloatDType })
  const sizes = narrow(addedRows(one, places, count + 1), 0, 0, count)
  return div(sums, maximum(sizes, 1))
}

interface Bags {
  readonly count: number
  /** The bag of each index. */
  readonly ids: Tensor
  /** Where each begins; null where all have one length. */
  readonly offsets: Tensor | null
}

function bagsOf(
  index: Tensor,
  given: Tensor | readonly number[] | null,
  includeLast: boolean,
): Bags {
  const { shape, ndim } = index
  if (ndim === 2) {
    if (given !== null) {
      const got = 'some for an input of 2 dimensions'
      throw new ValueError(complaint(WHO, 'offsets', 'left out, as each row is a bag', got))
    }
    const [count, length] = shape as readonly [number, number]
    const ids = Array.from({ length: count * length }, (_, i) => Math.floor(i / length))
    return { count, ids: tensor(ids, { dtype: 'int32' }), offsets: null }
  }
  if (ndim !== 1) {
    const got = `shape ${formatShape(shape)}`
    throw new ShapeError(complaint(WHO, 'the input', 'of 1 or 2 dimensions', got))
  }
  if (given === null) {
    const hint = 'say where each bag begins'
    throw new ValueError(
      complaint(WHO, 'offsets', 'given for an input of 1 dimension', 'none', hint),
    )
  }
  const offsets = offsetsOf(given, index.length)
  const count = offsets.length - Number(includeLast)
  if (count < 0) throw new ValueError(complaint(WHO, 'offsets', 'at least the last one', 'none'))
  // As many bags have begun at a place as there are offsets up to it.
  const begins = scatterAdd(
    zeros([index.length + 1], { dtype: 'int32' }),
    0,
    offsets,
    full([offsets.length], 1, { dtype: 'int32' }),
  )
  const ids = add(narrow(cumsum(begins, 0), 0, 0, index.length).to('float64'), -1).to('int32')
  return { count, ids, offsets }
}

/** @throws ValueError, ShapeError, DTypeError unless they begin with 0 and rise to at most n. */
function offsetsOf(given: Tensor | readonly number[], n: number): Tensor {
  const isList = !(given instanceof Tensor)
  const offsets = indicesOf(WHO, isList ? tensor(given, { dtype: 'int32' }) : given)
  if (offsets.ndim !== 1) {
    const got = `shape ${formatShape(offsets.shape)}`
    throw new ShapeError(complaint(WHO, 'offsets', 'a vector', got))
  }
  if (isRecording() && !isList) return offsets
  const values = isList ? given : Array.from(offsets.data)
  const wrong = values.findIndex((value, i) => value < (values[i - 1] ?? 0) || value > n)
  if (wrong < 0 && (values[0] ?? 0) === 0) return offsets
  const got = `${values[Math.max(wrong, 0)]} at ${Math.max(wrong, 0)}`
  throw new ValueError(complaint(WHO, 'offsets', `0 and then no smaller ones up to ${n}`, got))
}

function checkedFactors(
  factors: Tensor | null | undefined,
  mode: BagMode,
  weight: Tensor,
  index: Tensor,
): Tensor | null {
  const own = beside(WHO, weight, 'perSampleWeights', factors)
  if (own === null) return null
  if (mode !== 'sum') {
    throw new ValueError(complaint(WHO, 'mode', "'sum' with perSampleWeights", `'${mode}'`))
  }
  if (!sameShape(own.shape, index.shape)) {
    const expected = `of the input's shape ${formatShape(index.shape)}`
    const got = `shape ${formatShape(own.shape)}`
    throw new ShapeError(complaint(WHO, 'perSampleWeights', expected, got))
  }
  return own
}

/** Each bag's rows side by side, as many as the longest one has. */
function maxima(
  rows: Tensor,
  index: Tensor,
  { count, offsets }: Bags,
  padding: number | null,
): Tensor {
  const [places, isOf] = offsets === null ? [null, null] : sideBySide(offsets, count, index.length)
  const length = places === null ? index.length / count : places.length / count
  const columns = rows.shape[1]!
  const pick = (x: Tensor): Tensor => (places === null ? x : indexSelect(x, 0, places))
  const all = pick(rows).reshape([count, length, columns])
  const isReal = padding === null ? null : ne(pick(index), padding)
  const counts = isReal !== null && isOf !== null ? logicalAnd(isReal, isOf) : (isReal ?? isOf)
  if (counts === null) return max(all, 1).values
  const masked = where(counts.reshape([count, length, 1]), all, -Infinity)
  const some = amax(counts.to(rows.dtype).reshape([count, length]), 1, { keepdim: true })
  return where(ne(some, 0), max(masked, 1).values, 0)
}

/** Where the rows of each bag lie, and which of these places are in it. */
function sideBySide(offsets: Tensor, count: number, n: number): [Tensor, Tensor] {
  refuseWhileRecording(`${WHO} of mode max with offsets`, 'give an input of 2 dimensions')
  const begins = Array.from(offsets.data)
  const ends = begins.map((_, i) => begins[i + 1] ?? n).slice(0, count)
  const length = Math.max(1, ...ends.map((end, i) => end - begins[i]!))
  const flat = ends.flatMap((end, bag) =>
    Array.from({ length }, (_, i) => (begins[bag]! + i < end ? begins[bag]! + i : -1)),
  )
  const places = tensor(
    flat.map((place) => Math.max(place, 0)),
    { dtype: 'int32' },
  )
  const isOf = tensor(
    flat.map((place) => Number(place >= 0)),
    { dtype: 'uint8' },
  )
  return [places, isOf]
}
