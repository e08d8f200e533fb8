// Elements picked by index, and put back.
import { joined, joinsGraph } from '../autograd/differentiable.js'
import type { Gradient } from '../autograd/node.js'
import { checkArguments } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { callFor, kernels, refuseWhileRecording } from '../kernels/backend.js'
import { nullable, type Options, readOptions, whole } from '../options.js'
import { type Axis, axisOf, resolveDim } from '../tensor/axis.js'
import { full, zeros } from '../tensor/create.js'
import { copyStrided, placesOf } from '../tensor/strided.js'
import { checkTensor, empty, formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { checkOneDType } from './cat.js'
import { checkOperands } from './check.js'

/** Indices as int32. @throws ValueError, DTypeError for other tensors. */
export function indicesOf(who: string, index: Tensor): Tensor {
  checkTensor(who, index, 'the index')
  if (index.dtype === 'int32') return index
  if (index.dtype === 'uint8') return index.to('int32')
  throw new DTypeError(
    complaint(who, 'the index', 'int32 or uint8', index.dtype, "use index.to('int32')"),
  )
}

/** The beginning of a tensor along all dimensions, as a copy where it is not the whole. */
function beginning(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x
  const out = empty(shape, x.dtype)
  copyStrided(x, placesOf(x.shape), out, placesOf(shape), shape)
  return out
}

/** A tensor of a larger shape with `x` at its beginning, and 0 elsewhere. */
function padded(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x
  const out = zeros(shape, { dtype: x.dtype })
  copyStrided(x, placesOf(x.shape), out, placesOf(shape), x.shape)
  return out
}

/** @throws ShapeError unless an index has the dimensions of `x` and is no longer along others than `dim`. */
function checkFits(who: string, index: Shape, dim: number | null, x: Shape, what: string): void {
  const fits = index.length === x.length && index.every((size, i) => i === dim || size <= x[i]!)
  if (fits) return
  const where = dim === null ? '' : ` but for dimension ${dim}`
  const expected = `no larger than ${what}, of shape ${formatShape(x)}${where}`
  throw new ShapeError(complaint(who, 'the index', expected, `shape ${formatShape(index)}`))
}

/** What an index for each element picks of `x`. */
function picked(who: string, x: Tensor, dim: number, index: Tensor): Tensor {
  const from = beginning(x, index.shape.with(dim, x.shape[dim]!))
  const { outer, n: rows, inner: cols } = axisOf(who, index.shape, dim)
  const out = empty(index.shape, x.dtype)
  const sizes = { srcRows: x.shape[dim]!, rows, cols, outer }
  callFor(who, () => {
    kernels().gather({ src: from, index, out, ...sizes, each: true })
  })
  return out
}

/** Writes `src` into `target` where an index for each element says, or adds it. */
function put(
  who: string,
  target: Tensor,
  dim: number,
  index: Tensor,
  src: Tensor,
  add: boolean,
): Tensor {
  const region = index.shape.with(dim, target.shape[dim]!)
  const out = beginning(target, region)
  const { outer, n: rows, inner: cols } = axisOf(who, index.shape, dim)
  const sizes = { rows, cols, count: target.shape[dim]!, outer }
  callFor(who, () => {
    kernels().scatter({ src, index, out, ...sizes, beta: 1, each: true, add })
  })
  if (out !== target) copyStrided(out, placesOf(region), target, placesOf(target.shape), region)
  return target
}

/**
 * Elements of `x` picked along a dimension, one for each element of the index: out[i, j] = x[index[i, j], j]
 * along dimension 0 of a matrix. Any dtype; the index is int32 or uint8, of as many dimensions, and may be
 * shorter than `x`.
 *
 * @throws ShapeError when there is no such dimension, or the index does not fit.
 * @throws ValueError for an index outside of the dimension.
 * @throws DTypeError for an index of another dtype.
 *
 * @example
 * gather(probabilities, 1, labels.unsqueeze(1)) // that of each sample's class
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.gather.html
 */
export function gather(x: Tensor, dim: number, index: Tensor): Tensor {
  checkArguments('gather', 3, arguments)
  checkTensor('gather', x)
  const at = resolveDim('gather', x.shape, dim)
  const places = indicesOf('gather', index)
  checkFits('gather', places.shape, at, x.shape, 'the tensor')
  const out = picked('gather', x, at, places)
  if (!joinsGraph(x)) return out
  const { shape, dtype } = x
  return joined('gather', [x], { dim: at }, out, [places], ([g], _, [saved]) => [
    put('gather', zeros(shape, { dtype }), at, saved!, g!, true),
  ])
}

function scattered(
  who: string,
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Tensor | number,
  add: boolean,
): Tensor {
  checkTensor(who, x)
  const at = resolveDim(who, x.shape, dim)
  const places = indicesOf(who, index)
  checkFits(who, places.shape, at, x.shape, 'the tensor')
  const from = typeof src === 'number' ? full(places.shape, src, { dtype: x.dtype }) : src
  checkTensor(who, from, 'the source')
  checkOneDType(who, [x, from])
  checkFits(who, places.shape, null, from.shape, 'the source')
  const copy = empty(x.shape, x.dtype)
  kernels().copy({ x, y: copy, n: x.length })
  const out = put(who, copy, at, places, beginning(from, places.shape), add)
  if (!joinsGraph(x, from)) return out
  const { shape } = from
  return joined(who, [x, from], { dim: at }, out, [places], ([g], wants, [saved]) => {
    const byX = (): Tensor =>
      add ? g! : put(who, g!.clone(), at, saved!, zeros(saved!.shape, { dtype: g!.dtype }), false)
    const bySource = (): Tensor => padded(picked(who, g!, at, saved!), shape)
    return [wants[0] ? byX() : null, wants[1] ? bySource() : null] satisfies Gradient[]
  })
}

/**
 * A copy of `x` with the elements of `src` in the places that the index says along a dimension, one for each
 * of its elements: out[index[i, j], j] = src[i, j] along dimension 0 of a matrix. Of several for one place
 * the last counts. Any dtype; the index is as for `gather`, and may be shorter than `src`.
 *
 * @param src Of the dtype of `x`, or a number for all places.
 * @throws as `gather`, and DTypeError when the dtypes differ.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.scatter.html
 */
export function scatter(x: Tensor, dim: number, index: Tensor, src: Tensor | number): Tensor {
  checkArguments('scatter', 4, arguments)
  return scattered('scatter', x, dim, index, src, false)
}

/**
 * The same, with the elements of `src` added to what is there. Several for one place add up, in the order
 * of the index.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.scatter_add.html
 */
export function scatterAdd(x: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  checkArguments('scatterAdd', 4, arguments)
  checkTensor('scatterAdd', src, 'the source')
  return scattered('scatterAdd', x, dim, index, src, true)
}

/**
 * The places of a dimension that a vector of indices names, in its order; any dtype.
 *
 * @param index int32 or uint8, of one dimension or none.
 * @throws as `gather`.
 *
 * @example
 * indexSelect(x, 0, tensor([2, 0, 2], { dtype: 'int32' })) // three rows
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.index_select.html
 */
export function indexSelect(x: Tensor, dim: number, index: Tensor): Tensor {
  checkArguments('indexSelect', 3, arguments)
  checkTensor('indexSelect', x)
  const axis = axisOf('indexSelect', x.shape, dim)
  const places = indicesOf('indexSelect', index)
  if (places.ndim > 1) {
    const got = `shape ${formatShape(places.shape)}`
    throw new ShapeError(complaint('indexSelect', 'the index', 'a vector', got))
  }
  const out = selected('indexSelect', x, axis, places)
  if (!joinsGraph(x)) return out
  const { shape, dtype } = x
  return joined('indexSelect', [x], { dim: axis.dim }, out, [places], ([g], _, [saved]) => {
    const { outer, n: count, inner: cols } = axis
    const gradient = empty(shape, dtype)
    const sizes = { rows: saved!.length, cols, count, outer }
    kernels().scatter({ src: g!, index: saved!, out: gradient, ...sizes, beta: 0 })
    return [gradient]
  })
}

/** Places of a dimension, with `shape` in its stead. */
function selected(
  who: string,
  x: Tensor,
  { dim, outer, n: srcRows, inner: cols }: Axis,
  index: Tensor,
  shape: Shape = [index.length],
): Tensor {
  const out = empty(x.shape.toSpliced(dim, 1, ...shape), x.dtype)
  const { length: rows } = index
  callFor(who, () => {
    kernels().gather({ src: x, index, out, srcRows, rows, cols, outer })
  })
  return out
}

export interface EmbeddingFunctionOptions {
  /** The row whose gradient stays 0; a negative one counts from the end. Default: none. */
  paddingIdx?: number | null
}

const EMBEDDING = {
  paddingIdx: nullable(whole(-(2 ** 31))),
} satisfies Options<EmbeddingFunctionOptions>

/** Counted from the start. @throws ValueError unless it is a place in a table, or there is none. */
export function paddingPlace(
  who: string,
  paddingIdx: number | null | undefined,
  count: number,
): number | null {
  if (paddingIdx === undefined || paddingIdx === null) return null
  if (paddingIdx >= -count && paddingIdx < count) {
    return paddingIdx < 0 ? paddingIdx + count : paddingIdx
  }
  const expected = `from ${-count} to ${count - 1}`
  throw new ValueError(complaint(who, 'paddingIdx', expected, paddingIdx))
}

/**
 * Rows of a table, one for each index: (…) gives (…, embeddingDim).
 *
 * @param input int32 or uint8.
 * @param weight (numEmbeddings, embeddingDim), float32 or float64.
 * @throws ShapeError unless the table has 2 dimensions.
 * @throws ValueError for an index outside of it.
 * @throws DTypeError for other dtypes.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html
 */
export function embedding(
  input: Tensor,
  weight: Tensor,
  options?: EmbeddingFunctionOptions,
): Tensor {
  checkArguments('embedding', 3, arguments)
  const index = indicesOf('embedding', input)
  checkOperands('embedding', weight)
  const { paddingIdx } = readOptions('embedding', EMBEDDING, options)
  const [count, cols] = weight.shape
  if (weight.ndim !== 2 || count === undefined || cols === undefined) {
    const got = `shape ${formatShape(weight.shape)}`
    throw new ShapeError(complaint('embedding', 'the table', 'of 2 dimensions', got))
  }
  const padding = paddingPlace('embedding', paddingIdx, count)
  const axis = { dim: 0, outer: 1, n: count, inner: cols }
  const out = selected('embedding', weight, axis, index, index.shape)
  if (!joinsGraph(weight)) return out
  const { shape, dtype } = weight
  return joined('embedding', [weight], { paddingIdx: padding }, out, [index], ([g], _, [saved]) => {
    const gradient = empty(shape, dtype)
    const sizes = { rows: saved!.length, cols, count, paddingIndex: padding ?? -1 }
    kernels().scatter({ src: g!, index: saved!, out: gradient, ...sizes, beta: 0 })
    return [gradient]
  })
}

/** The sums of rows (n, columns) that have one index, (count, columns). */
export function addedRows(rows: Tensor, index: Tensor, count: number): Tensor {
  const cols = rows.shape[1]!
  const out = empty([count, cols], rows.dtype)
  kernels().scatter({ src: rows, index, out, rows: index.length, cols, count, beta: 0 })
  if (!joinsGraph(rows)) return out
  const axis = { dim: 0, outer: 1, n: count, inner: cols }
  return joined('addedRows', [rows], {}, out, [index], ([g], _, [saved]) => [
    selected('addedRows', g!, axis, saved!),
  ])
}

/**
 * 1 at the place that each number names, 0 elsewhere: (…) gives int32 (…, numClasses).
 *
 * @param x int32 or uint8.
 * @param numClasses Default, and -1: one more than the largest number, which is read; not while a step is
 *   captured.
 * @throws ValueError for a number that is negative or not below `numClasses`.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.one_hot.html
 */
export function oneHot(x: Tensor, numClasses = -1): Tensor {
  checkArguments('oneHot', 2, arguments)
  const index = indicesOf('oneHot', x)
  if (!Number.isInteger(numClasses) || numClasses < -1 || (numClasses === -1 && x.length === 0)) {
    const expected = x.length === 0 ? 'given where there is no number' : 'a whole number, or -1'
    throw new ValueError(complaint('oneHot', 'numClasses', expected, numClasses))
  }
  if (numClasses === -1) {
    refuseWhileRecording('oneHot without numClasses', 'say how many classes there are')
  }
  const count =
    numClasses === -1 ? Math.max(0, index.data.reduce((a, b) => Math.max(a, b), 0) + 1) : numClasses
  const out = zeros([...x.shape, count], { dtype: 'int32' })
  const src = full([x.length], 1, { dtype: 'int32' })
  const sizes = { rows: 1, cols: 1, count, outer: x.length }
  callFor('oneHot', () => {
    kernels().scatter({ src, index, out, ...sizes, beta: 1, each: true, add: false })
  })
  return out
}
