import { checkArguments } from '../check.js'
import { kernels } from '../kernels/backend.js'
import { BinaryKind, Broadcast } from '../kernels/kernels.js'
import { noTensor, Tensor } from '../tensor/tensor.js'
import { repeated } from '../tensor/strided.js'
import { sameShape } from '../tensor/workspace.js'
import type { Gradient } from '../autograd/node.js'
import { joined, joinsGraph } from '../autograd/differentiable.js'
import { commonShape, meet } from './broadcast.js'
import { checkOperands } from './check.js'
import { constant } from './constant.js'
import { eq, gt, lt, where } from './mask.js'
import { sumTo } from './sum-to.js'
import { resultLike } from './result.js'

/** op(a, b) for an `a` that has the result's shape. */
function meeting(kind: BinaryKind, a: Tensor, b: Tensor): Tensor {
  const { shape, length } = a
  // As most do, without the objects that another meeting takes.
  if (b.length === 1 || sameShape(shape, b.shape)) {
    const broadcast = b.length === 1 ? Broadcast.scalar : Broadcast.none
    const out = resultLike(shape, a.dtype)
    kernels().binary({ kind, broadcast, a, b, out, rows: 1, cols: length })
    return out
  }
  const met = meet(shape, b.shape)
  if (met === null) return meeting(kind, a, repeated(b, shape))
  const out = resultLike(shape, a.dtype)
  kernels().binary({ kind, broadcast: met.broadcast, a, b, out, rows: met.rows, cols: met.cols })
  return out
}

/** Gradients by both operands from that by the result; null for one that nobody wants. */
type Rule = (
  gradient: Tensor,
  wants: readonly boolean[],
  a: Tensor,
  b: Tensor,
  result: Tensor,
) => readonly [Gradient, Gradient]

/** What is read for the gradient by the one operand, and for that by the other: `a`, `b`, the `result`. */
export interface Reads {
  readonly byLeft: Operands
  readonly byRight: Operands
}

interface Operands {
  readonly a?: true
  readonly b?: true
  readonly result?: true
}

const NOTHING: readonly never[] = Object.freeze([])
const NO_SETTINGS = Object.freeze({})

export function binary(
  who: string,
  kind: BinaryKind,
  a: Tensor | number,
  b: Tensor | number,
  reads: Reads | null,
  rule: Rule,
): Tensor {
  const left = a instanceof Tensor ? a : operand(who, a, b)
  const right = b instanceof Tensor ? b : operand(who, b, a)
  const result = computed(who, kind, left, right)
  if (!joinsGraph(left, right)) return result
  const { shape: leftShape } = left
  const { shape: rightShape } = right
  const saved = reads === null ? NOTHING : kept(reads, left, right, result)
  return joined(who, [left, right], NO_SETTINGS, result, saved, ([gradient], wants, [x, y, z]) => {
    const [byLeft, byRight] = rule(gradient!, wants, x!, y!, z!)
    return [byLeft && sumTo(byLeft, leftShape), byRight && sumTo(byRight, rightShape)]
  })
}

/** Only what the gradients that can be wanted need: it is kept until then, and must not be written. */
function kept(
  { byLeft, byRight }: Reads,
  a: Tensor,
  b: Tensor,
  result: Tensor,
): readonly (Tensor | null)[] {
  const left = a.requiresGrad
  const right = b.requiresGrad
  return [
    (left && byLeft.a) || (right && byRight.a) ? a : null,
    (left && byLeft.b) || (right && byRight.b) ? b : null,
    (left && byLeft.result) || (right && byRight.result) ? result : null,
  ]
}

function computed(who: string, kind: BinaryKind, left: Tensor, right: Tensor): Tensor {
  checkOperands(who, left, right)
  const shape = commonShape(who, left.shape, right.shape)
  if (sameShape(left.shape, shape)) return meeting(kind, left, right)
  const commutes = kind !== BinaryKind.sub && kind !== BinaryKind.div && kind !== BinaryKind.pow
  if (commutes && sameShape(right.shape, shape)) return meeting(kind, right, left)
  return meeting(kind, repeated(left, shape), right)
}

/** A number as a 0-d tensor of the other operand's dtype. */
function operand(who: string, value: number, other: Tensor | number): Tensor {
  if (typeof value !== 'number' || !(other instanceof Tensor)) {
    throw noTensor(who, 'an operand', typeof value === 'number' ? other : value)
  }
  checkOperands(who, other)
  return constant(value, other.dtype)
}

/**
 * a + b, elementwise, broadcast as in PyTorch; one of them may be a number. The same holds for `sub`, `mul`,
 * `div`, `maximum` and `minimum`.
 *
 * @throws ShapeError when the shapes do not go together.
 * @throws DTypeError unless both are float32 or both float64.
 */
export function add(a: Tensor | number, b: Tensor | number): Tensor {
  checkArguments('add', 2, arguments)
  return binary('add', BinaryKind.add, a, b, null, (g) => [g, g])
}

/** a - b, elementwise; see `add`. */
export function sub(a: Tensor | number, b: Tensor | number): Tensor {
  checkArguments('sub', 2, arguments)
  return binary('sub', BinaryKind.sub, a, b, null, (g, wants) => [g, wants[1] ? mul(g, -1) : null])
}

const FACTORS: Reads = { byLeft: { b: true }, byRight: { a: true } }

/** a b, elementwise; see `add`. */
export function mul(a: Tensor | number, b: Tensor | number): Tensor {
  checkArguments('mul', 2, arguments)
  return binary('mul', BinaryKind.mul, a, b, FACTORS, (g, wants, x, y) => [
    wants[0] ? mul(g, y) : null,
    wants[1] ? mul(g, x) : null,
  ])
}

const QUOTIENT: Reads = { byLeft: { b: true }, byRight: { a: true, b: true } }

/** a / b, elementwise; see `add`. */
export function div(a: Tensor | number, b: Tensor | number): Tensor {
  checkArguments('div', 2, arguments)
  return binary('div', BinaryKind.div, a, b, QUOTIENT, (g, wants, x, y) => [
    wants[0] ? div(g, y) : null,
    wants[1] ? mul(mul(g, div(div(x, y), y)), -1) : null,
  ])
}

const BOTH: Reads = { byLeft: { a: true, b: true }, byRight: { a: true, b: true } }

/**
 * The larger of a and b, elementwise; NaN if one is. Of equal ones each has half of the gradient. See `add`.
 */
export function maximum(a: Tensor | number, b: Tensor | number): Tensor {
  checkArguments('maximum', 2, arguments)
  return binary('maximum', BinaryKind.max, a, b, BOTH, (g, wants, x, y) => extremes(g, wants, x, y))
}

/**
 * The smaller of a and b, elementwise; NaN if one is. Of equal ones each has half of the gradient. See `add`.
 */
export function minimum(a: Tensor | number, b: Tensor | number): Tensor {
  checkArguments('minimum', 2, arguments)
  return binary('minimum', BinaryKind.min, a, b, BOTH, (g, wants, x, y) => extremes(g, wants, y, x))
}

/** The gradient where x ≥ y, and where x ≤ y: half of it where they are equal, all where one is NaN. */
function extremes(
  g: Tensor,
  wants: readonly boolean[],
  x: Tensor,
  y: Tensor,
): readonly [Gradient, Gradient] {
  const shared = where(eq(x, y), mul(g, 0.5), g)
  return [
    wants[0] ? where(lt(x, y), 0, shared) : null,
    wants[1] ? where(gt(x, y), 0, shared) : null,
  ]
}
