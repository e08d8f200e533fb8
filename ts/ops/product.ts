// Products of matrices, of which tensors hold one or a batch, and their gradients.
import { kernels } from '../kernels/backend.js'
import { empty, type Shape, type Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { joined, joinsGraph } from '../autograd/differentiable.js'
import { repeated } from '../tensor/strided.js'
import { sumTo } from './sum-to.js'

/** How a tensor holds matrices: dimensions of a batch, then rows and columns as they are stored. */
export interface Layout {
  readonly batch: Shape
  readonly rows: number
  readonly cols: number
}

interface Factor extends Layout {
  readonly x: Tensor
  /** Its transpose is multiplied. */
  readonly transposed: boolean
}

/** Dimensions of a batch that go on in even steps through both operands. */
interface Level {
  readonly count: number
  readonly a: number
  readonly b: number
}

const countOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1)
const rowsOf = ({ rows, cols, transposed }: Factor): number => (transposed ? cols : rows)
const colsOf = ({ rows, cols, transposed }: Factor): number => (transposed ? rows : cols)
const turned = (factor: Factor): Factor => ({ ...factor, transposed: !factor.transposed })

/** Elements from one place of each dimension of `batch` to the next, 0 where the operand is repeated. */
function stepsOf({ batch: own, rows, cols }: Layout, batch: Shape): number[] {
  const steps = batch.map(() => 0)
  let step = rows * cols
  for (let dim = own.length - 1; dim >= 0; dim--) {
    if (own[dim] !== 1) steps[dim + batch.length - own.length] = step
    step *= own[dim]!
  }
  return steps
}

/** The dimensions of a batch, those that go on in even steps as one. */
function levelsOf(a: Layout, b: Layout, batch: Shape): Level[] {
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
function everywhere(factor: Factor, batch: Shape): Factor {
  const { x, rows, cols } = factor
  const own = x.detach().reshape([...factor.batch, rows, cols])
  return { ...factor, x: repeated(own, [...batch, rows, cols]), batch }
}

/** a b for all places of a batch that both are repeated to. */
function multiply(a: Factor, b: Factor, batch: Shape): Tensor {
  const [m, k, n] = [rowsOf(a), colsOf(a), colsOf(b)]
  const out = empty([...batch, m, n], a.x.dtype)
  if (out.length === 0) return out
  const operands = { a: a.x, b: b.x, out, transposeA: a.transposed, transposeB: b.transposed }
  const levels = levelsOf(a, b, batch)
  if (levels.length === 0) {
    kernels().matmul({ ...operands, m, n, k })
  } else if (levels.length === 1 && levels[0]!.b === 0 && !a.transposed) {
    // One right factor for all of them: their rows are those of one product.
    kernels().matmul({ ...operands, m: levels[0]!.count * m, n, k })
  } else if (levels.length <= 2) {
    const [outer, inner] =
      levels.length === 2 ? (levels as [Level, Level]) : [{ count: 1, a: 0, b: 0 }, levels[0]!]
    const shape = {
      ...{ outer: outer.count, inner: inner.count, m, n, k },
      ...{ aOuter: outer.a, aInner: inner.a, aRow: a.cols },
      ...{ bOuter: outer.b, bInner: inner.b, bRow: b.cols },
      ...{ outOuter: inner.count * m * n, outInner: m * n, outRow: n },
    }
    kernels().batchMatmul({ ...operands, shape })
  } else if (levels.every((level) => level.a > 0)) {
    return multiply(a, everywhere(b, batch), batch)
  } else {
    return multiply(everywhere(a, batch), b, batch)
  }
  return out
}

/** a b, summed to the batch and the shape of the factor whose gradient it is. */
function gradient(a: Factor, b: Factor, batch: Shape, of: Factor, shape: Shape): Tensor {
  const shared = countOf(of.batch) === 1 && countOf(batch) > 1
  if (shared && a.transposed && !b.transposed && [a, b].every((f) => sameShape(f.batch, batch))) {
    // A sum over the rows of all products.
    const flat = ({ rows, ...rest }: Factor): Factor => {
      return { ...rest, batch: [], rows: countOf(batch) * rows }
    }
    return multiply(flat(a), flat(b), []).reshape(shape)
  }
  return sumTo(multiply(a, b, batch), [...of.batch, of.rows, of.cols]).reshape(shape)
}

/**
 * op(a) op(b) as a tensor of `shape`, for all places of a batch that both are repeated to.
 *
 * @param transposed Of which operands the transposes are multiplied.
 */
export function product(
  who: string,
  [a, aLayout]: readonly [Tensor, Layout],
  [b, bLayout]: readonly [Tensor, Layout],
  batch: Shape,
  shape: Shape,
  transposed: readonly [boolean, boolean] = [false, false],
): Tensor {
  const factors = (x: Tensor, y: Tensor): [Factor, Factor] => [
    { x, ...aLayout, transposed: transposed[0] },
    { x: y, ...bLayout, transposed: transposed[1] },
  ]
  const whole = multiply(...factors(a, b), batch)
  const out = sameShape(whole.shape, shape) ? whole : whole.reshape(shape)
  if (!joinsGraph(a, b)) return out
  const [rows, cols] = whole.shape.slice(-2) as [number, number]
  const shapes = [a.shape, b.shape] as const
  return joined(who, [a, b], { transposed }, out, [a, b], ([g], wants, saved) => {
    const [left, right] = factors(saved[0]!, saved[1]!)
    const grad = { x: g!, batch, rows, cols, transposed: false }
    const byLeft = (): Tensor =>
      left.transposed
        ? gradient(right, turned(grad), batch, left, shapes[0])
        : gradient(grad, turned(right), batch, left, shapes[0])
    const byRight = (): Tensor =>
      right.transposed
        ? gradient(turned(grad), left, batch, right, shapes[1])
        : gradient(turned(left), grad, batch, right, shapes[1])
    return [wants[0] ? byLeft() : null, wants[1] ? byRight() : null]
  })
}
