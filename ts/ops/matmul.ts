import { checkArguments } from '../check.js'
import { complaint, ShapeError } from '../errors.js'
import { checkTensor, formatShape, type Tensor } from '../tensor/tensor.js'
import { commonShape } from './broadcast.js'
import { checkOperands } from './check.js'
import { product } from './product.js'

function refused(a: Tensor, b: Tensor): ShapeError {
  const [k, n] = [a.shape.at(-1), b.shape.at(-1)]
  return new ShapeError(
    complaint(
      'matmul',
      'the shapes',
      '(…, m, k) and (…, k, n), or vectors of k elements',
      `${formatShape(a.shape)} and ${formatShape(b.shape)}`,
      b.ndim === 2 && k === n ? 'transpose(b, -2, -1) would fit' : undefined,
    ),
  )
}

/**
 * Matrix product of the last two dimensions: (…, m, k) times (…, k, n) gives (…, m, n). Those before them
 * are a batch, and are broadcast as in `add`. A vector on the left is a row, one on the right a column,
 * which the result does not have: (k) times (k) gives a 0-d tensor.
 *
 * @throws ShapeError when the sizes do not go together.
 * @throws DTypeError unless both are float32 or both float64.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.matmul.html
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  checkArguments('matmul', 2, arguments)
  checkTensor('matmul', b, 'an operand')
  checkOperands('matmul', a, b)
  const { shape: aShape } = a
  const { shape: bShape } = b
  const k = aShape.at(-1)
  if (k === undefined || bShape.length === 0 || bShape[Math.max(0, bShape.length - 2)] !== k) {
    throw refused(a, b)
  }
  const m = aShape.length > 1 ? aShape.at(-2)! : 1
  const n = bShape.length > 1 ? bShape.at(-1)! : 1
  const left = { batch: aShape.slice(0, -2), rows: m, cols: k }
  const right = { batch: bShape.slice(0, -2), rows: k, cols: n }
  const batch = commonShape('matmul', left.batch, right.batch)
  const shape = [...batch, ...aShape.slice(-2, -1), ...(bShape.length > 1 ? [n] : [])]
  return product('matmul', [a, left], [b, right], batch, shape)
}

/**
 * Matrix products of a batch: (batch, m, k) times (batch, k, n) gives (batch, m, n); see `matmul`.
 *
 * @throws ShapeError unless both have 3 dimensions and the sizes go together.
 */
export function bmm(a: Tensor, b: Tensor): Tensor {
  checkArguments('bmm', 2, arguments)
  checkRank('bmm', 3, a, b)
  if (a.shape[0] !== b.shape[0]) throw refused(a, b)
  return matmul(a, b)
}

/**
 * Scalar product of two vectors, a 0-d tensor; see `matmul`.
 *
 * @throws ShapeError unless both have 1 dimension and as many elements.
 */
export function dot(a: Tensor, b: Tensor): Tensor {
  checkArguments('dot', 2, arguments)
  checkRank('dot', 1, a, b)
  return matmul(a, b)
}

/**
 * All products of two vectors: (m) and (n) give (m, n); see `matmul`.
 *
 * @throws ShapeError unless both have 1 dimension.
 */
export function outer(a: Tensor, b: Tensor): Tensor {
  checkArguments('outer', 2, arguments)
  checkRank('outer', 1, a, b)
  return matmul(a.reshape([a.length, 1]), b.reshape([1, b.length]))
}

function checkRank(who: string, rank: number, a: Tensor, b: Tensor): void {
  checkTensor(who, b, 'an operand')
  checkOperands(who, a, b)
  if (a.ndim === rank && b.ndim === rank) return
  const got = `${formatShape(a.shape)} and ${formatShape(b.shape)}`
  throw new ShapeError(
    complaint(who, 'both operands', `of ${rank} dimension${rank === 1 ? '' : 's'}`, got),
  )
}
