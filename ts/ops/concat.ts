import { checkArguments, checkList } from '../check.js'
import { complaint, DTypeError, ValueError } from '../errors.js'
import { joined, joinsGraph } from '../autograd/differentiable.js'
import { Partition } from '../tensor/partition.js'
import { empty, noTensor, Tensor } from '../tensor/tensor.js'

/**
 * Tensors joined along a dimension, as a copy; any one dtype.
 *
 * @param dim Default 0.
 * @throws ValueError when there is no tensor.
 * @throws ShapeError when there is no such dimension, or the shapes differ in another one.
 * @throws DTypeError unless all have one dtype.
 * @see https://pytorch.org/docs/stable/generated/torch.cat.html
 *
 * @example
 * concat([zeros([2, 3]), ones([2, 1])], 1).shape // [2, 4]
 */
export function concat(parts: readonly Tensor[], dim = 0): Tensor {
  checkArguments('concat', 2, arguments)
  checkList('concat', 'the tensors', parts)
  const tensors = [...parts]
  if (tensors.length === 0) {
    throw new ValueError(complaint('concat', 'the tensors', 'an array of at least one', 'none'))
  }
  for (const part of tensors) {
    if (!(part instanceof Tensor)) throw noTensor('concat', 'every part', part)
  }
  const { dtype } = tensors[0]!
  checkOneDType('concat', tensors)
  const shapes = tensors.map(({ shape }) => shape)
  const partition = Partition.join('concat', shapes, dim)
  const whole = empty(partition.shape, dtype)
  tensors.forEach((part, index) => {
    partition.write(whole, index, part)
  })
  if (!joinsGraph(...tensors)) return whole
  return joined('concat', tensors, { dim }, whole, [], ([g], wants) =>
    shapes.map((shape, index) => {
      if (!wants[index]) return null
      const gradient = empty(shape, dtype)
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
