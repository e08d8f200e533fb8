import { checkArguments, checkList } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { joined, joinsGraph } from '../autograd/differentiable.js'
import { Partition } from '../tensor/partition.js'
import { formatShape, noTensor, type Shape, Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { unsqueezed } from './reshape.js'
import { resultLike } from './result.js'

/**
 * Tensors joined along a dimension, as a copy; any one dtype. One of shape (0) goes with any other.
 *
 * @param dim Default 0.
 * @throws ValueError when there is no tensor.
 * @throws ShapeError when there is no such dimension, or the shapes differ in another one.
 * @throws DTypeError unless all have one dtype.
 * @see https://pytorch.org/docs/stable/generated/torch.cat.html
 *
 * @example
 * cat([zeros([2, 3]), ones([2, 1])], 1).shape // [2, 4]
 */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  checkArguments('cat', 2, arguments)
  const given = checkedParts('cat', tensors)
  const some = given.find(({ shape }) => !isNothing(shape))?.shape
  const own = given.map(({ shape }) =>
    some && isNothing(shape) && some.length !== 1 ? nothingLike(some, dim) : shape,
  )
  return joinedParts('cat', given, own, dim)
}

const isNothing = (shape: Shape): boolean => shape.length === 1 && shape[0] === 0

/** A shape without elements that can be joined with another one. */
function nothingLike(shape: Shape, dim: number): Shape {
  return shape.map((size, i) => (i === dim || i === dim + shape.length ? 0 : size))
}

/**
 * Tensors of one shape joined along a new dimension, as a copy; any one dtype.
 *
 * @param dim The place of the new dimension; default 0.
 * @throws ValueError when there is no tensor.
 * @throws ShapeError when there is no such place, or the shapes differ.
 * @throws DTypeError unless all have one dtype.
 * @see https://pytorch.org/docs/stable/generated/torch.stack.html
 *
 * @example
 * stack([zeros([3]), ones([3])], 1).shape // [3, 2]
 */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  checkArguments('stack', 2, arguments)
  const given = checkedParts('stack', tensors)
  const { shape } = given[0]!
  for (const other of given) {
    if (sameShape(other.shape, shape)) continue
    const got = `${formatShape(shape)} and ${formatShape(other.shape)}`
    throw new ShapeError(complaint('stack', 'the shapes', 'the same', got))
  }
  const own = unsqueezed('stack', shape, dim)
  const at = dim < 0 ? dim + own.length : dim
  return joinedParts(
    'stack',
    given,
    given.map(() => own),
    at,
  )
}

function checkedParts(who: string, tensors: readonly Tensor[]): Tensor[] {
  checkList(who, 'the tensors', tensors)
  const given = [...tensors]
  if (given.length === 0) {
    throw new ValueError(complaint(who, 'the tensors', 'an array of at least one', 'none'))
  }
  for (const part of given) {
    if (!(part instanceof Tensor)) throw noTensor(who, 'every part', part)
  }
  checkOneDType(who, given)
  return given
}

/** Tensors joined as if they had these shapes. */
function joinedParts(
  op: string,
  tensors: readonly Tensor[],
  shapes: readonly Shape[],
  dim: number,
): Tensor {
  const { dtype } = tensors[0]!
  const partition = Partition.join(op, shapes, dim)
  const whole = resultLike(partition.shape, dtype)
  tensors.forEach((part, index) => {
    partition.write(whole, index, part)
  })
  if (!joinsGraph(...tensors)) return whole
  const own = tensors.map(({ shape }) => shape)
  return joined(op, tensors, { dim }, whole, [], ([g], wants) =>
    own.map((shape, index) => {
      if (!wants[index]) return null
      const gradient = resultLike(shape, dtype)
      partition.read(g!, index, gradient)
      return gradient
    }),
  )
}

/** @throws DTypeError unless all have the dtype of the first. */
export function checkOneDType(who: string, tensors: readonly Tensor[]): void {
  const { dtype } = tensors[0]!
  for (const tensor of tensors) {
    if (tensor.dtype === dtype) continue
    throw new DTypeError(
      complaint(who, 'the parts', 'of one dtype', `${dtype} and ${tensor.dtype}`),
    )
  }
}
