import { joined, joinsGraph } from '../autograd/differentiable.js'
import { checkArguments } from '../check.js'
import { complaint, DTypeError, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import type { DType } from '../kernels/dtype.js'
import { CompareKind } from '../kernels/kernels.js'
import { checkTensor, noTensor, type Shape, Tensor } from '../tensor/tensor.js'
import { repeated } from '../tensor/strided.js'
import { sameShape } from '../tensor/workspace.js'
import { commonShape, meet } from './broadcast.js'
import { constant } from './constant.js'
import { sumTo } from './sum-to.js'
import { resultLike } from './result.js'

/** a op b is b op' a. */
const SWAPPED = {
  [CompareKind.eq]: CompareKind.eq,
  [CompareKind.ne]: CompareKind.ne,
  [CompareKind.lt]: CompareKind.gt,
  [CompareKind.le]: CompareKind.ge,
  [CompareKind.gt]: CompareKind.lt,
  [CompareKind.ge]: CompareKind.le,
} as const satisfies Record<CompareKind, CompareKind>

function compare(who: string, kind: CompareKind, a: Tensor, other: Tensor | number): Tensor {
  checkTensor(who, a, 'the first operand')
  const [left, right] = comparable(who, a, other)
  const shape = commonShape(who, left.shape, right.shape)
  const swaps = !sameShape(left.shape, shape) && sameShape(right.shape, shape)
  const whole = swaps ? right : repeated(left, shape)
  const part = swaps ? left : right
  const met = meet(shape, part.shape)
  const b = met === null ? repeated(part, shape) : part
  const { broadcast, rows, cols } = met ?? meet(shape, shape)!
  const out = resultLike(shape, 'uint8')
  kernels().compare({ kind: swaps ? SWAPPED[kind] : kind, broadcast, a: whole, b, out, rows, cols })
  return out
}

/** Both operands as tensors of one dtype. */
function comparable(who: string, a: Tensor, b: Tensor | number): readonly [Tensor, Tensor] {
  if (b instanceof Tensor) {
    checkOneDType(who, a.dtype, b.dtype)
    return [a, b]
  }
  if (typeof b !== 'number') throw noTensor(who, 'the second operand', b)
  // In doubles where the number is none of the dtype's.
  const left = canHold(a.dtype, b) ? a : a.to('float64')
  return [left, constant(b, left.dtype)]
}

function checkOneDType(who: string, a: DType, b: DType): void {
  if (a === b) return
  throw new DTypeError(
    complaint(who, 'the operands', 'of one dtype', `${a} and ${b}`, `use to('${a}')`),
  )
}

function canHold(dtype: DType, value: number): boolean {
  if (dtype === 'int32') return value === (value | 0)
  return dtype === 'uint8' ? value === (value & 255) : true
}

/**
 * Whether a = b, elementwise: a mask, uint8 of 0 and 1. `ne`, `lt`, `le`, `gt` and `ge` work alike. Broadcast
 * as in PyTorch. NaN is equal to nothing.
 *
 * @param a Any dtype.
 * @param b A number, or a tensor of the same dtype.
 * @throws ShapeError when the shapes do not go together.
 * @throws DTypeError when the dtypes differ.
 *
 * @example
 * eq(tensor([1, 2, 3]), 2).toArray() // [0, 1, 0]
 */
export function eq(a: Tensor, b: Tensor | number): Tensor {
  checkArguments('eq', 2, arguments)
  return compare('eq', CompareKind.eq, a, b)
}

/** Whether a ≠ b, elementwise; see `eq`. */
export function ne(a: Tensor, b: Tensor | number): Tensor {
  checkArguments('ne', 2, arguments)
  return compare('ne', CompareKind.ne, a, b)
}

/** Whether a < b, elementwise; see `eq`. */
export function lt(a: Tensor, b: Tensor | number): Tensor {
  checkArguments('lt', 2, arguments)
  return compare('lt', CompareKind.lt, a, b)
}

/** Whether a ≤ b, elementwise; see `eq`. */
export function le(a: Tensor, b: Tensor | number): Tensor {
  checkArguments('le', 2, arguments)
  return compare('le', CompareKind.le, a, b)
}

/** Whether a > b, elementwise; see `eq`. */
export function gt(a: Tensor, b: Tensor | number): Tensor {
  checkArguments('gt', 2, arguments)
  return compare('gt', CompareKind.gt, a, b)
}

/** Whether a ≥ b, elementwise; see `eq`. */
export function ge(a: Tensor, b: Tensor | number): Tensor {
  checkArguments('ge', 2, arguments)
  return compare('ge', CompareKind.ge, a, b)
}

/**
 * Whether neither a nor b is 0, elementwise: a mask. Broadcast as in PyTorch; any dtypes; NaN is not 0.
 *
 * @throws ShapeError when the shapes do not go together.
 */
export function logicalAnd(a: Tensor, b: Tensor): Tensor {
  checkArguments('logicalAnd', 2, arguments)
  return where(truth('logicalAnd', a), truth('logicalAnd', b), 0)
}

/** Whether a or b is not 0, elementwise: a mask; see `logicalAnd`. */
export function logicalOr(a: Tensor, b: Tensor): Tensor {
  checkArguments('logicalOr', 2, arguments)
  return where(truth('logicalOr', a), 1, truth('logicalOr', b))
}

/** Whether a is 0, elementwise: a mask. */
export function logicalNot(a: Tensor): Tensor {
  checkArguments('logicalNot', 1, arguments)
  return compare('logicalNot', CompareKind.eq, a, 0)
}

const truth = (who: string, x: Tensor): Tensor => compare(who, CompareKind.ne, x, 0)

/**
 * a where the mask is not 0, b elsewhere. All three are broadcast as in PyTorch. What is not chosen has the
 * gradient 0, also where it is NaN; but 0 times an infinity further back is NaN, so a function is kept from
 * what it has no value for *before* it: `where(mask, log(where(mask, x, 1)), 0)`.
 *
 * @param mask uint8.
 * @param a A number, or a tensor of any dtype; two numbers give float32.
 * @param b The same; of the dtype of `a`.
 * @throws ShapeError when the shapes do not go together.
 * @throws DTypeError when the mask is not uint8, or the dtypes of a and b differ.
 * @throws ValueError when the dtype of one cannot hold the number that is the other.
 *
 * @example
 * where(gt(x, 0), x, 0) // relu(x)
 */
export function where(mask: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  checkArguments('where', 3, arguments)
  return choose('where', mask, a, b)
}

/**
 * `value` where the mask is not 0, x elsewhere; see `where`.
 *
 * @param value A number or a tensor of one element.
 */
export function maskedFill(x: Tensor, mask: Tensor, value: Tensor | number): Tensor {
  checkArguments('maskedFill', 3, arguments)
  checkTensor('maskedFill', x)
  if (value instanceof Tensor && value.ndim !== 0) {
    throw new ValueError(
      complaint('maskedFill', 'the value', 'a number or a 0-d tensor', value.toString()),
    )
  }
  return choose('maskedFill', mask, value, x)
}

function choose(who: string, mask: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  checkTensor(who, mask, 'the mask')
  if (mask.dtype !== 'uint8') {
    throw new DTypeError(
      complaint(who, 'the mask', 'uint8, as comparisons give it', mask.dtype, 'try ne(mask, 0)'),
    )
  }
  const left = choice(who, a, b)
  const right = choice(who, b, a)
  checkOneDType(who, left.dtype, right.dtype)
  const shape = commonShape(who, commonShape(who, mask.shape, left.shape), right.shape)
  const out = chosen(repeated(mask, shape), left, right, shape)
  if (!joinsGraph(left, right)) return out
  const { shape: leftShape } = left
  const { shape: rightShape } = right
  return joined(who, [left, right], {}, out, [mask], ([g], wants, [mask]) => [
    wants[0] ? sumTo(where(mask!, g!, 0), leftShape) : null,
    wants[1] ? sumTo(where(mask!, 0, g!), rightShape) : null,
  ])
}

function choice(who: string, value: Tensor | number, other: Tensor | number): Tensor {
  if (value instanceof Tensor) return value
  if (typeof value !== 'number') throw noTensor(who, 'an operand', value)
  const dtype = other instanceof Tensor ? other.dtype : 'float32'
  if (!canHold(dtype, value)) {
    throw new ValueError(complaint(who, 'the number', `one that ${dtype} can hold`, value))
  }
  return constant(value, dtype)
}

function chosen(mask: Tensor, a: Tensor, b: Tensor, shape: Shape): Tensor {
  const out = resultLike(shape, a.dtype)
  const aSingle = a.length === 1
  const bSingle = b.length === 1
  kernels().where({
    mask,
    a: aSingle ? a : repeated(a, shape),
    b: bSingle ? b : repeated(b, shape),
    out,
    n: out.length,
    aSingle,
    bSingle,
  })
  return out
}
