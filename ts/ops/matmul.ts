import { checkArguments } from '../check.js'
import { complaint, ShapeError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { checkTensor, empty, formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { repeated } from '../tensor/strided.js'
import { sameShape } from '../tensor/workspace.js'
import { joined, joinsGraph } from '../autograd/differentiable.js'
import { commonShape } from './broadcast.js'
import { checkOperands } from './check.js'
import { sumTo } from './sum-to.js'

/** A tensor seen as matrices: any number of dimensions, the last two of which are those of a matrix. */
interface Matrices {
  readonly x: Tensor
  readonly batch: Shape
  readonly rows: number
  readonly cols: number
}

/** Dimensions of a batch that go on in even steps through both operands. */
interface Level {
  readonly count: number
  readonly a: number
  readonly b: number
}

const countOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1)

/** Elements from one place of each dimension of `batch` to the next, 0 where the operand is repeated. */
function stepsOf({ batch: own, rows, cols }: Matrices, batch: Shape): number[] {
  const steps = batch.map(() => 0)
  let step = rows * cols
  for (let dim = own.length - 1; dim >= 0; dim--) {
    if (own[dim] !== 1) steps[dim + batch.length - own.length] = step
    step *= own[dim]!
  }
  return steps
}

/** The dimensions of a batch, those that go on in even steps as one. */
function levelsOf(a: Matrices, b: Matrices, batch: Shape): Level[] {
  const [ofA, ofB] = [stepsOf(a, batch), stepsOf(b, batch)]
  const levels: Level[] = []
  batch.forEach((count, dim) => {
    if (count === 1) return
    const next = { count, a: ofA[dim]!, b: ofB[dim]! }
    const last = levels.at(-1)
    const goesOn = last?.a === next.a * count && last.b === next.b * count
    if (goesOn) levels.splice(-1, 1, { ...next, count: last.count * count })
    else levels.push(next)
  })
  return levels
}

/** Repeated along the whole batch. */
function everywhere({ x, batch, rows, cols }: Matrices, whole: Shape): Matrices {
  const own = x.detach().reshape([...batch, rows, cols])
  return { x: repeated(own, [...whole, rows, cols]), batch: whole, rows, cols }
}

/** op(a) op(b) for all places of a batch that both are repeated to. */
function multiply(
  a: Matrices,
  b: Matrices,
  batch: Shape,
  transposeA: boolean,
  transposeB: boolean,
): Tensor {
  const [m, k] = transposeA ? [a.cols, a.rows] : [a.rows, a.cols]
  const n = transposeB ? b.rows : b.cols
  const out = empty([...batch, m, n], a.x.dtype)
  if (out.length === 0) return out
  const levels = levelsOf(a, b, batch)
  const flags = { transposeA, transposeB }
  if (levels.length === 0) {
    kernels().matmul({ a: a.x, b: b.x, out, m, n, k, ...flags })
  } else if (levels.length === 1 && levels[0]!.b === 0 && !transposeA) {
    kernels().matmul({ a: a.x, b: b.x, out, m: levels[0]!.count * m, n, k, ...flags })
  } else if (levels.length <= 2) {
    const none = { count: 1, a: 0, b: 0 }
    const [outer, inner] = levels.length === 2 ? (levels as [Level, Level]) : [none, levels[0]!]
    const shape = {
      ...{ outer: outer.count, inner: inner.count, m, n, k },
      ...{ aOuter: outer.a, aInner: inner.a, aRow: a.cols },
      ...{ bOuter: outer.b, bInner: inner.b, bRow: b.cols },
      ...{ outOuter: inner.count * m * n, outInner: m * n, outRow: n },
    }
    kernels().batchMatmul({ a: a.x, b: b.x, out, shape, ...flags })
  } else {
    const [left, right] = levels.every((level) => level.a > 0)
      ? [a, everywhere(b, batch)]
      : [everywhere(a, batch), b]
    return multiply(left, right, batch, transposeA, transposeB)
  }
  return out
}

/** The gradient by an operand that was repeated, summed back to it. */
function back(of: Matrices, whole: Tensor, shape: Shape): Tensor {
  return sumTo(whole, [...of.batch, of.rows, of.cols]).reshape(shape)
}

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
  const left = { x: a, batch: aShape.slice(0, -2), rows: m, cols: k }
  const right = { x: b, batch: bShape.slice(0, -2), rows: k, cols: n }
  const batch = commonShape('matmul', left.batch, right.batch)
  const whole = multiply(left, right, batch, false, false)
  const vectors = a.ndim === 1 || b.ndim === 1
  const shape = [...batch, ...aShape.slice(-2, -1), ...(bShape.length > 1 ? [n] : [])]
  const out = vectors ? whole.reshape(shape) : whole
  if (!joinsGraph(a, b)) return out
  return joined('matmul', [a, b], {}, out, [a, b], ([gradient], wants, [aSaved, bSaved]) => {
    const [l, r] = [
      { ...left, x: aSaved! },
      { ...right, x: bSaved! },
    ]
    const g = { x: gradient!, batch, rows: m, cols: n }
    const byA = wants[0] ? back(l, multiply(g, r, batch, false, true), aShape) : null
    return [byA, wants[1] ? byRight(l, r, g, bShape) : null]
  })
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

function byRight(l: Matrices, r: Matrices, g: Matrices, shape: Shape): Tensor {
  const { batch } = g
  if (countOf(r.batch) === 1 && sameShape(l.batch, batch)) {
    // All products have one right factor: one sum over the rows of all of them.
    const rows = countOf(batch) * l.rows
    return multiply({ ...l, batch: [], rows }, { ...g, batch: [], rows }, [], true, false).reshape(
      shape,
    )
  }
  return back(r, multiply(l, g, batch, true, false), shape)
}
