import { joined, joinsGraph } from '../autograd/differentiable.js'
import { checkArguments } from '../check.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import { callFor, kernels } from '../kernels/backend.js'
import { type Pad2dGeometry, PadMode } from '../kernels/pad2d.js'
import { choice, type Options, readOptions, unchecked } from '../options.js'
import { full } from '../tensor/create.js'
import { copyStrided, type Places, placesOf } from '../tensor/strided.js'
import {
  checkTensor,
  empty,
  formatShape,
  type Shape,
  shapeOf,
  type Tensor,
} from '../tensor/tensor.js'
import { checkOperands } from './check.js'

export interface PadOptions {
  /** What stands outside: `value`, the tensor reflected, its outermost elements, its other side. Default `constant`. */
  mode?: 'constant' | 'reflect' | 'replicate' | 'circular'
  /** Of the mode `constant`. Default 0. */
  value?: number
}

const OPTIONS = {
  mode: choice(['constant', 'reflect', 'replicate', 'circular'], 'constant'),
  value: unchecked<number>(0),
} satisfies Options<PadOptions>

/**
 * A tensor with more elements, or fewer, before and behind those of its last dimensions.
 *
 * @param padding (before, behind) the last dimension, then the one before it, and so on. Negative numbers
 *   cut off.
 * @throws ShapeError for more pairs than dimensions, a size below 0, or more than the mode can show: `reflect`
 *   less than the size, `circular` all of it.
 * @throws ValueError unless the padding is whole numbers in pairs.
 * @throws DTypeError for integers, unless the mode is `constant`.
 *
 * @example
 * pad(zeros([2, 3]), [1, 1]).shape       // [2, 5]
 * pad(zeros([2, 3]), [0, 0, 2, 1]).shape // [5, 3]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
 */
export function pad(x: Tensor, padding: readonly number[], options?: PadOptions): Tensor {
  checkArguments('pad', 3, arguments)
  checkTensor('pad', x)
  const { mode, value } = readOptions('pad', OPTIONS, options)
  const pairs = pairsOf(padding)
  if (pairs.length > x.ndim) {
    const got = `${pairs.length} pairs for ${formatShape(x.shape)}`
    throw new ShapeError(complaint('pad', 'the padding', 'a pair a dimension at most', got))
  }
  if (mode === 'constant') return constantPad(x, pairs, value)
  checkOperands('pad', x)
  // The last two dimensions in one go, those before them one by one.
  const last = Math.max(0, x.ndim - 2)
  let result = x
  if (pairs.length > 0) result = planesPad(result, last, pairs[1] ?? [0, 0], pairs[0]!, mode)
  for (let i = 2; i < pairs.length; i++) {
    result = planesPad(result, x.ndim - 1 - i, pairs[i]!, null, mode)
  }
  return result
}

type Pair = readonly [before: number, behind: number]

/** From the last dimension on. */
function pairsOf(padding: readonly number[]): Pair[] {
  const given = shapeOf(padding)
  if (given.length % 2 !== 0 || !given.every(Number.isSafeInteger)) {
    const got = formatShape(given)
    throw new ValueError(complaint('pad', 'the padding', 'whole numbers in pairs', got))
  }
  return Array.from({ length: given.length / 2 }, (_, i) => [given[2 * i]!, given[2 * i + 1]!])
}

function constantPad(x: Tensor, pairs: readonly Pair[], value: number): Tensor {
  const { shape: own, dtype } = x
  const sides = own.map((_, dim): Pair => pairs[own.length - 1 - dim] ?? [0, 0])
  const shape = own.map((size, dim) => size + sides[dim]![0] + sides[dim]![1])
  if (shape.some((size) => size < 0)) {
    const got = formatShape(shape)
    throw new ShapeError(complaint('pad', 'the padded shape', 'without negative sizes', got))
  }
  // What of the tensor is left, as a part of it and of the result.
  const first = sides.map(([before]) => Math.max(0, -before))
  const kept = own.map((size, dim) => {
    const [before, behind] = sides[dim]!
    return Math.max(0, size + Math.min(0, before) + Math.min(0, behind))
  })
  const inside = placesFrom(own, first)
  const outside = placesFrom(
    shape,
    sides.map(([before]) => Math.max(0, before)),
  )
  const out = full(shape, value, { dtype })
  copyStrided(x, inside, out, outside, kept)
  if (!joinsGraph(x)) return out
  return joined('pad', [x], { padding: pairs.flat(), value }, out, [], ([g]) => {
    const gradient = full(own, 0, { dtype })
    copyStrided(g!, outside, gradient, inside, kept)
    return [gradient]
  })
}

/** The places of a tensor from one on. */
function placesFrom(shape: Shape, start: readonly number[]): Places {
  const { strides } = placesOf(shape)
  return { offset: start.reduce((sum, at, dim) => sum + at * strides[dim]!, 0), strides }
}

/** Dimension `dim`, and with `next` the one behind it, which is the last then. */
function planesPad(
  x: Tensor,
  dim: number,
  rows: Pair,
  next: Pair | null,
  mode: Exclude<PadOptions['mode'], undefined>,
): Tensor {
  const { shape } = x
  const product = (sizes: Shape): number => sizes.reduce((a, b) => a * b, 1)
  const single = x.ndim === 1
  const [inHeight, inner] = single ? [1, shape] : [shape[dim]!, shape.slice(dim + 1)]
  const [padLeft, padRight] = next ?? [0, 0]
  const geometry: Pad2dGeometry = {
    planes: product(shape.slice(0, dim)),
    inHeight,
    inWidth: product(inner),
    padTop: rows[0],
    padBottom: rows[1],
    padLeft,
    padRight,
  }
  const height = inHeight + rows[0] + rows[1]
  const padded = single ? [...shape] : shape.with(dim, height)
  if (next) padded[padded.length - 1]! += padLeft + padRight
  if (padded.some((size) => size < 0)) {
    const got = formatShape(padded)
    throw new ShapeError(complaint('pad', 'the padded shape', 'without negative sizes', got))
  }
  const out = empty(padded, x.dtype)
  const kind = PadMode[mode]
  callFor('pad', () => {
    kernels().pad2d({ x, out, geometry, mode: kind, value: 0 })
  })
  if (!joinsGraph(x)) return out
  const { dtype } = x
  return joined('pad', [x], { mode, geometry }, out, [], ([g]) => {
    const gradX = empty(shape, dtype)
    kernels().pad2dGradient({ gradOut: g!, gradX, geometry, mode: kind })
    return [gradX]
  })
}
