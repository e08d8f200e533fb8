import { checkArguments } from '../check.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { BinaryKind, Broadcast } from '../kernels/kernels.js'
import { full } from '../tensor/create.js'
import { repeated } from '../tensor/strided.js'
import { empty, formatShape, noTensor, type Shape, Tensor } from '../tensor/tensor.js'
import { type Gradient } from '../autograd/node.js'
import { joined, joinsGraph } from '../autograd/differentiable.js'
import { checkOperands } from './check.js'
import { sumTo } from './sum-to.js'

/** How `b` meets a tensor of shape `shape`, seen as (rows, cols). */
interface Meeting {
  readonly broadcast: Broadcast
  readonly rows: number
  readonly cols: number
}

function productOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1)
}

/**
 * The common shape by PyTorch's rule: sizes are matched from the last one on, and a size of 1 or a
 * missing one takes the other's.
 */
export function commonShape(who: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length)
  const shape = Array.from({ length: rank }, (_, i) => {
    const left = a[i - rank + a.length] ?? 1
    const right = b[i - rank + b.length] ?? 1
    if (left !== right && left !== 1 && right !== 1) {
      throw new ShapeError(
        complaint(
          who,
          'the shapes',
          'equal, or 1, in each dimension from the last one on',
          `${formatShape(a)} and ${formatShape(b)}`,
        ),
      )
    }
    return left === 1 ? right : left
  })
  return Object.freeze(shape)
}

/** null where the kernels have no such broadcast: repetition in the middle. */
function meet(shape: Shape, b: Shape): Meeting | null {
  const size = productOf(shape)
  if (productOf(b) === 1) return { broadcast: Broadcast.scalar, rows: 1, cols: size }
  const padded = [...Array<number>(shape.length - b.length).fill(1), ...b]
  const first = padded.findIndex((dim, i) => dim === shape[i] && dim !== 1)
  const last = padded.findLastIndex((dim, i) => dim === shape[i] && dim !== 1)
  const whole = (from: number, to: number): boolean =>
    padded.slice(from, to).every((dim, i) => dim === shape[from + i])
  if (whole(0, shape.length)) return { broadcast: Broadcast.none, rows: 1, cols: size }
  if (first >= 0 && whole(first, shape.length)) {
    const cols = productOf(shape.slice(first))
    return { broadcast: Broadcast.row, rows: productOf(shape.slice(0, first)), cols }
  }
  if (whole(0, last + 1)) {
    const rows = productOf(shape.slice(0, last + 1))
    return { broadcast: Broadcast.column, rows, cols: productOf(shape.slice(last + 1)) }
  }
  return null
}

/** op(a, b) for an `a` that has the result's shape. */
function meeting(kind: BinaryKind, a: Tensor, b: Tensor): Tensor {
  const met = meet(a.shape, b.shape)
  if (met === null) return meeting(kind, a, repeated(b, a.shape))
  const out = empty(a.shape, a.dtype)
  kernels().binary({ kind, broadcast: met.broadcast, a, b, out, rows: met.rows, cols: met.cols })
  return out
}

/** Gradients by both operands from that by the result; null for one that nobody wants. */
type Rule = (
  gradient: Tensor,
  wants: readonly boolean[],
  a: Tensor,
  b: Tensor,
) => readonly [Gradient, Gradient]

/** @param saves Whether the rule reads the operands. */
function binary(
  who: string,
  kind: BinaryKind,
  a: Tensor | number,
  b: Tensor | number,
  saves: boolean,
  rule: Rule,
): Tensor {
  const left = operand(who, a, b)
  const right = operand(who, b, a)
  const result = computed(who, kind, left, right)
  if (!joinsGraph(left, right)) return result
  const inputs = [left, right]
  const { shape: leftShape } = left
  const { shape: rightShape } = right
  return joined(who, inputs, {}, result, saves ? inputs : [], ([gradient], wants, [x, y]) => {
    const [byLeft, byRight] = rule(gradient!, wants, x!, y!)
    return [byLeft ? sumTo(byLeft, leftShape) : null, byRight ? sumTo(byRight, rightShape) : null]
  })
}

function computed(who: string, kind: BinaryKind, left: Tensor, right: Tensor): Tensor {
  checkOperands(who, left, right)
  const shape = commonShape(who, left.shape, right.shape)
  return meeting(kind, repeated(left, shape), right)
}

/** Until there are kernels that compare. */
function withoutGradient(who: string): never {
  throw new ValueError(complaint('backward', 'every operation', 'one with a gradient', who))
}

/** A number as a 0-d tensor of the other operand's dtype. */
function operand(who: string, value: Tensor | number, other: Tensor | number): Tensor {
  if (value instanceof Tensor) return value
  if (typeof value !== 'number' || !(other instanceof Tensor)) {
    throw noTensor(who, 'an operand', typeof value === 'number' ? other : value)
  }
  checkOperands(who, other)
  return full([], value, { dtype: other.dtype })
}

/**
 * a + b, elementwise, broadcast as in PyTorch; one of them may be a number. The same holds for `sub`, `mul`, `div`, `maximum`
 * and `minimum`.
 *
 * @throws ShapeError when the shapes do not go together.
 * @throws DTypeError unless both are float32 or both float64.
 */
export function add(a: Tensor | number, b: Tensor | number): Tensor {
  checkArguments('add', 2, arguments)
  return binary('add', BinaryKind.add, a, b, false, (g) => [g, g])
}

/** a - b, elementwise; see `add`. */
export function sub(a: Tensor | number, b: Tensor | number): Tensor {
  checkArguments('sub', 2, arguments)
  return binary('sub', BinaryKind.sub, a, b, false, (g, wants) => [g, wants[1] ? mul(g, -1) : null])
}

/** a b, elementwise; see `add`. */
export function mul(a: Tensor | number, b: Tensor | number): Tensor {
  checkArguments('mul', 2, arguments)
  return binary('mul', BinaryKind.mul, a, b, true, (g, wants, x, y) => [
    wants[0] ? mul(g, y) : null,
    wants[1] ? mul(g, x) : null,
  ])
}

/** a / b, elementwise; see `add`. */
export function div(a: Tensor | number, b: Tensor | number): Tensor {
  checkArguments('div', 2, arguments)
  return binary('div', BinaryKind.div, a, b, true, (g, wants, x, y) => [
    wants[0] ? div(g, y) : null,
    wants[1] ? mul(mul(g, div(div(x, y), y)), -1) : null,
  ])
}

/** The larger of a and b, elementwise; NaN if one is. See `add`. */
export function maximum(a: Tensor | number, b: Tensor | number): Tensor {
  checkArguments('maximum', 2, arguments)
  return binary('maximum', BinaryKind.max, a, b, true, () => withoutGradient('maximum'))
}

/** The smaller of a and b, elementwise; NaN if one is. See `add`. */
export function minimum(a: Tensor | number, b: Tensor | number): Tensor {
  checkArguments('minimum', 2, arguments)
  return binary('minimum', BinaryKind.min, a, b, true, () => withoutGradient('minimum'))
}
