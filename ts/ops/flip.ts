import { joined, joinsGraph } from '../autograd/differentiable.js'
import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { checkDim, resolveDim, resolveDims } from '../tensor/axis.js'
import { copyStrided, placesOf } from '../tensor/strided.js'
import { checkTensor, type Tensor } from '../tensor/tensor.js'
import { resultLike } from './result.js'

/**
 * A tensor in reverse order along dimensions, as a copy; any dtype.
 *
 * @throws ShapeError when there is no such dimension, or it is there twice.
 *
 * @example
 * flip(tensor([1, 2, 3]), [0]).toArray() // [3, 2, 1]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.flip.html
 */
export function flip(x: Tensor, dims: number | readonly number[]): Tensor {
  checkArguments('flip', 2, arguments)
  checkTensor('flip', x)
  const own = resolveDims('flip', x.shape, dims)
  const out = reversed(x, own)
  return joinsGraph(x)
    ? joined('flip', [x], { dims: own }, out, [], ([g]) => [reversed(g!, own)])
    : out
}

function reversed(x: Tensor, dims: readonly number[]): Tensor {
  const out = resultLike(x.shape, x.dtype)
  if (x.length === 0) return out
  const { strides } = placesOf(x.shape)
  const from = { offset: 0, strides: [...strides] }
  for (const dim of dims) {
    from.offset += (x.shape[dim]! - 1) * strides[dim]!
    from.strides[dim] = -strides[dim]!
  }
  copyStrided(x, from, out, placesOf(x.shape), x.shape)
  return out
}

/**
 * A tensor whose elements have moved on along dimensions, those at the end to the beginning, as a copy; any
 * dtype.
 *
 * @param shifts By how many places; negative ones go back.
 * @param dims One for each shift, and any of them more than once. Left out: the flattened tensor is rolled
 *   and gets its shape back.
 * @throws ShapeError when there is no such dimension.
 * @throws ValueError unless the shifts are whole numbers, as many as dimensions.
 *
 * @example
 * roll(tensor([1, 2, 3]), 1).toArray() // [3, 1, 2]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.roll.html
 */
export function roll(
  x: Tensor,
  shifts: number | readonly number[],
  dims?: number | readonly number[],
): Tensor {
  checkArguments('roll', 3, arguments)
  checkTensor('roll', x)
  const by = listOf(shifts)
  for (const shift of by) checkDim('roll', shift, 'every shift')
  const flat = dims === undefined
  const { shape: own } = x
  const shape = flat ? [x.length] : own
  const along = flat ? [0] : listOf(dims).map((dim) => resolveDim('roll', shape, dim))
  if (by.length !== along.length || by.length === 0) {
    const expected = flat
      ? 'one where no dimension is named'
      : 'as many as dimensions, at least one'
    const got = `${by.length} for ${along.length}`
    throw new ValueError(complaint('roll', 'the shifts', expected, got))
  }
  const rolled = (from: Tensor, sign: 1 | -1): Tensor => {
    let result = from.reshape(shape)
    along.forEach((dim, i) => (result = moved(result, sign * by[i]!, dim)))
    return result.reshape(own)
  }
  const out = rolled(x.detach(), 1)
  if (!joinsGraph(x)) return out
  return joined('roll', [x], { shifts: by, dims: flat ? null : along }, out, [], ([g]) => [
    rolled(g!, -1),
  ])
}

/** The end and the beginning of a dimension exchanged. */
function moved(x: Tensor, shift: number, dim: number): Tensor {
  const out = resultLike(x.shape, x.dtype)
  if (x.length === 0) return out
  const n = x.shape[dim]!
  const by = ((shift % n) + n) % n
  const { strides } = placesOf(x.shape)
  const at = (place: number) => ({ offset: place * strides[dim]!, strides })
  copyStrided(x, at(0), out, at(by), x.shape.with(dim, n - by))
  copyStrided(x, at(n - by), out, at(0), x.shape.with(dim, by))
  return out
}

function listOf(numbers: number | readonly number[]): readonly number[] {
  return Array.isArray(numbers) ? [...(numbers as readonly number[])] : [numbers as number]
}
