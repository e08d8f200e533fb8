import { joined, joinsGraph } from '../autograd/differentiable.js'
import { checkArguments } from '../check.js'
import { complaint, ShapeError } from '../errors.js'
import { copyStrided, placesOf, repeated } from '../tensor/strided.js'
import { checkTensor, formatShape, type Shape, shapeOf, type Tensor } from '../tensor/tensor.js'
import { sumTo } from './sum-to.js'
import { resultLike } from './result.js'

/**
 * A tensor repeated along its dimensions of size 1 and along new ones before the first, as a copy; any
 * dtype.
 *
 * @param shape Sizes of the result; -1 leaves that of a dimension as it is.
 * @throws ShapeError when another dimension would change.
 *
 * @example
 * expand(ones([3, 1]), [2, -1, 4]).shape // [2, 3, 4]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.Tensor.expand.html
 */
export function expand(x: Tensor, shape: Shape): Tensor {
  checkArguments('expand', 2, arguments)
  checkTensor('expand', x)
  const given = shapeOf(shape)
  const missing = given.length - x.ndim
  const whole = given.map((size, i) => (size === -1 && i >= missing ? x.shape[i - missing]! : size))
  const fits = whole.every((size, i) => {
    const own = i < missing ? 1 : x.shape[i - missing]
    return own === size || (own === 1 && Number.isInteger(size) && size >= 0)
  })
  if (missing < 0 || !fits) {
    const expected = `one that repeats only dimensions of size 1 of ${formatShape(x.shape)}`
    throw new ShapeError(complaint('expand', 'the shape', expected, formatShape(given)))
  }
  const out = repeated(x, Object.freeze(whole))
  if (out === x) return x.reshape(whole)
  if (!joinsGraph(x)) return out
  const { shape: own } = x
  return joined('expand', [x], { shape: whole }, out, [], ([g]) => [sumTo(g!, own)])
}

/**
 * A tensor laid out several times along each dimension, as a copy; any dtype.
 *
 * @param dims How many times. Fewer than there are dimensions are those of the last ones, more make new
 *   dimensions before the first.
 * @throws ShapeError unless they are whole numbers of at least 0.
 *
 * @example
 * tile(tensor([1, 2]), [2, 2]).toArray() // [[1, 2, 1, 2], [1, 2, 1, 2]]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.tile.html
 */
export function tile(x: Tensor, dims: readonly number[]): Tensor {
  checkArguments('tile', 2, arguments)
  checkTensor('tile', x)
  const given = shapeOf(dims)
  if (!given.every((times) => Number.isInteger(times) && times >= 0)) {
    const got = formatShape(given)
    throw new ShapeError(complaint('tile', 'dims', 'whole numbers of at least 0', got))
  }
  const rank = Math.max(given.length, x.ndim)
  const times = [...Array<number>(rank - given.length).fill(1), ...given]
  const own = [...Array<number>(rank - x.ndim).fill(1), ...x.shape]
  const out = resultLike(
    own.map((size, i) => size * times[i]!),
    x.dtype,
  )
  // Each dimension as two: how often, and its own places.
  const { strides } = placesOf(own)
  const sizes = own.flatMap((size, i) => [times[i]!, size])
  const from = { offset: 0, strides: strides.flatMap((stride) => [0, stride]) }
  copyStrided(x, from, out, placesOf(sizes), sizes)
  if (!joinsGraph(x)) return out
  const { shape } = x
  const once = own.flatMap((size) => [1, size])
  return joined('tile', [x], { dims: given }, out, [], ([g]) => [
    sumTo(g!.reshape(sizes), once).reshape(shape),
  ])
}
