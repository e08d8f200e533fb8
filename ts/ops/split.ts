import { joinedAll, joinsGraph } from '../autograd/differentiable.js'
import { checkArguments } from '../check.js'
import type { FloatDType } from '../kernels/dtype.js'
import { zeros } from '../tensor/create.js'
import { complaint, ValueError } from '../errors.js'
import { axisOf } from '../tensor/axis.js'
import { Partition } from '../tensor/partition.js'
import { checkCountable, noTensor, type Shape, Tensor } from '../tensor/tensor.js'
import { resultLike } from './result.js'

/**
 * A tensor cut along a dimension; any dtype. Parts along dimension 0 share its memory, others are copies.
 *
 * @param sizes Of the parts; a number is the size of every part, of which the last may be smaller.
 * @param dim Default 0.
 * @throws ValueError when a size is not a whole number ≥ 0, or is 0 where one is given for all.
 * @throws ShapeError when there is no such dimension, the sizes do not add up to its size, or a size
 *   for all would give more than 2^16 parts without an element.
 * @see https://pytorch.org/docs/stable/generated/torch.split.html
 *
 * @example
 * const [mean, logVar] = split(output, [8, 8], 1)
 */
export function split(x: Tensor, sizes: number | readonly number[], dim = 0): Tensor[] {
  checkArguments('split', 3, arguments)
  if (!(x instanceof Tensor)) throw noTensor('split', 'the operand', x)
  const { n } = axisOf('split', x.shape, dim)
  return cut('split', x, typeof sizes === 'number' ? equalSizes('split', x, n, sizes) : sizes, dim)
}

/**
 * A tensor cut into `chunks` parts of ceil(n / chunks) along a dimension of size n; the last is smaller
 * where they do not divide n, and there may be fewer then. Memory as for `split`.
 *
 * @param dim Default 0.
 * @throws ValueError unless `chunks` is a whole number ≥ 1.
 * @throws ShapeError when there is no such dimension, or more than 2^16 parts would hold no element.
 * @see https://pytorch.org/docs/stable/generated/torch.chunk.html
 */
export function chunk(x: Tensor, chunks: number, dim = 0): Tensor[] {
  checkArguments('chunk', 3, arguments)
  if (!(x instanceof Tensor)) throw noTensor('chunk', 'the operand', x)
  if (!Number.isInteger(chunks) || chunks < 1) {
    throw new ValueError(
      complaint('chunk', 'the number of chunks', 'a whole number of at least 1', chunks),
    )
  }
  const { n } = axisOf('chunk', x.shape, dim)
  if (n === 0) checkCountable('chunk', x.shape, chunks)
  const sizes =
    n === 0 ? Array<number>(chunks).fill(0) : equalSizes('chunk', x, n, Math.ceil(n / chunks))
  return cut('chunk', x, sizes, dim)
}

/**
 * The places of a dimension one by one, without that dimension. Memory as for `split`.
 *
 * @param dim Default 0.
 * @throws ShapeError when there is no such dimension, or more than 2^16 parts would hold no element.
 * @see https://pytorch.org/docs/stable/generated/torch.unbind.html
 */
export function unbind(x: Tensor, dim = 0): Tensor[] {
  checkArguments('unbind', 2, arguments)
  if (!(x instanceof Tensor)) throw noTensor('unbind', 'the operand', x)
  const axis = axisOf('unbind', x.shape, dim)
  checkCountable('unbind', x.shape, axis.n)
  const shape = Object.freeze(x.shape.toSpliced(axis.dim, 1))
  return cut('unbind', x, Array<number>(axis.n).fill(1), dim, shape)
}

function equalSizes(who: string, x: Tensor, n: number, size: number): number[] {
  checkSize(who, size)
  if (size === 0 && n > 0) {
    throw new ValueError(complaint(who, 'the size of all parts', 'at least 1', '0'))
  }
  if (n > 0) checkCountable(who, x.shape, Math.ceil(n / size))
  const sizes = []
  for (let start = 0; start < n; start += size) sizes.push(Math.min(size, n - start))
  return n === 0 ? [0] : sizes
}

/** @param shape That of every part where it is another one. */
function cut(
  who: string,
  x: Tensor,
  sizes: readonly number[],
  dim: number,
  shape?: Shape,
): Tensor[] {
  if (!Array.isArray(sizes)) {
    throw new ValueError(complaint(who, 'the sizes', 'a number or an array', sizes))
  }
  const own = [...(sizes as readonly number[])]
  for (const size of own) checkSize(who, size)
  const partition = Partition.cut(who, x.shape, dim, own)
  const parts = partition.parts.map((like, index) => partition.part(x, index, shape ?? like))
  if (joinsGraph(x)) {
    const { shape: whole } = x
    const dtype = x.dtype as FloatDType
    joinedAll(who, [x], { sizes: own, dim }, parts, [], (gradients) => {
      const gradient = gradients.includes(null) ? zeros(whole, { dtype }) : resultLike(whole, dtype)
      gradients.forEach((share, index) => {
        if (share) partition.write(gradient, index, share)
      })
      return [gradient]
    })
  }
  return parts
}

function checkSize(who: string, size: unknown): void {
  if (Number.isInteger(size) && (size as number) >= 0) return
  throw new ValueError(complaint(who, 'a size', 'a whole number of at least 0', size))
}
