import { checkArguments } from '../check.js'
import { complaint, ShapeError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { checkTensor, empty, formatShape, type Tensor } from '../tensor/tensor.js'
import { joined, joinsGraph } from '../autograd/differentiable.js'
import { checkOperands } from './check.js'

/**
 * Matrix product. Shapes: (…, k) times (k, n) gives (…, n), and (…, k) times (k) gives (…), so two
 * vectors give a 0-d tensor.
 *
 * @throws ShapeError when the sizes do not go together.
 * @throws DTypeError unless both are float32 or both float64.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  checkArguments('matmul', 2, arguments)
  checkTensor('matmul', b, 'an operand')
  checkOperands('matmul', a, b)
  const k = b.shape[0]
  if (a.ndim === 0 || b.ndim < 1 || b.ndim > 2 || a.shape.at(-1) !== k) {
    throw new ShapeError(
      complaint(
        'matmul',
        'the shapes',
        '(…, k) and (k, n), or (…, k) and (k)',
        `${formatShape(a.shape)} and ${formatShape(b.shape)}`,
        b.ndim === 2 && b.shape[1] === a.shape.at(-1) ? 'transpose(b) would fit' : undefined,
      ),
    )
  }
  const leading = a.shape.slice(0, -1)
  const rows = leading.reduce((product, size) => product * size, 1)
  const out = empty([...leading, ...b.shape.slice(1)], a.dtype)
  kernels().matmul({ a, b, out, m: rows, n: b.shape[1] ?? 1, k: k! })
  if (!joinsGraph(a, b)) return out
  const n = b.shape[1] ?? 1
  return joined('matmul', [a, b], {}, out, [a, b], ([gradient], wants, [left, right]) => {
    const g = gradient!
    const byA = wants[0] ? empty(left!.shape, left!.dtype) : null
    const byB = wants[1] ? empty(right!.shape, right!.dtype) : null
    if (byA) {
      kernels().matmul({ a: g, b: right!, out: byA, m: rows, n: k!, k: n, transposeB: true })
    }
    if (byB) {
      kernels().matmul({ a: left!, b: g, out: byB, m: k!, n, k: rows, transposeA: true })
    }
    return [byA, byB]
  })
}
