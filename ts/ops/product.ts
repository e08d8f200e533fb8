// Products of matrices, of which tensors hold one or a batch, and their gradients.
import { kernels } from '../kernels/backend.js'
import { type Shape, type Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { joined, joinsGraph } from '../autograd/differentiable.js'
import { repeated } from '../tensor/strided.js'
import { sumTo } from './sum-to.js'
import { resultLike } from './result.js'

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

const NONE: Level = { count: 1, a: 0, b: 0 }

const countOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1)
function factorOf(x: Tensor, { batch, rows, cols }: Layout): Factor {
  return { x, batch, rows, cols, transposed: false }
}

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
  const out = resultLike([...batch, m, n], a.x.dtype)
  if (batch.length === 0) one(a, b, out, m, n, k)
  else if (out.length > 0) each(a, b, batch, out, m, n, k)
  return out
}

function one(a: Factor, b: Factor, out: Tensor, m: number, n: number, k: number): void {
  const [transposeA, transposeB] = [a.transposed, b.transposed]
  kernels().matmul({ a: a.x, b: b.x, out, m, n, k, transposeA, transposeB })
}

function each(
  a: Factor,
  b: Factor,
  batch: Shape,
  out: Tensor,
  m: number,
  n: number,
  k: number,
): void {
  const levels = levelsOf(a, b, batch)
  if (levels.length > 2) {
    const repeats = levels.every((level) => level.a > 0)
    if (repeats) each(a, everywhere(b, batch), batch, out, m, n, k)
    else each(everywhere(a, batch), b, batch, out, m, n, k)
    return
  }
  const inner = levels.at(-1) ?? NONE
  const outer = levels.length === 2 ? levels[0]! : NONE
  if (outer === NONE && inner.b === 0 && !a.transposed) {
    // One right factor for all of them: their rows are those of one product.
    one(a, b, out, inner.count * m, n, k)
    return
  }
  const shape = {
    outer: outer.count,
    inner: inner.count,
    m,
    n,
    k,
    aOuter: outer.a,
    aInner: inner.a,
    aRow: a.cols,
    bOuter: outer.b,
    bInner: inner.b,
    bRow: b.cols,
    outOuter: inner.count * m * n,
    outInner: m * n,
    outRow: n,
  }
  const [transposeA, transposeB] = [a.transposed, b.transposed]
  kernels().batchMatmul({ a: a.x, b: b.x, out, shape, transposeA, transposeB })
}

/** a b, summed to the batch and the shape of the factor whose gradient it is. */
function gradient(a: Factor, b: Factor, batch: Shape, of: Layout, shape: Shape): Tensor {
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

/** a b as a tensor of `shape`, for all places of a batch that both are repeated to. */
export function product(
  who: string,
  [a, aLayout]: readonly [Tensor, Layout],
  [b, bLayout]: readonly [Tensor, Layout],
  batch: Shape,
  shape: Shape,
): Tensor {
  const whole = multiply(factorOf(a, aLayout), factorOf(b, bLayout), batch)
  const out = sameShape(whole.shape, shape) ? whole : whole.reshape(shape)
  if (!joinsGraph(a, b)) return out
  const [rows, cols] = whole.shape.slice(-2) as [number, number]
  const [aShape, bShape] = [a.shape, b.shape]
  const saved = [b.requiresGrad ? a : null, a.requiresGrad ? b : null]
  return joined(who, [a, b], {}, out, saved, ([g], wants, [x, y]) => {
    const grad = factorOf(g!, { batch, rows, cols })
    const byLeft = (): Tensor =>
      gradient(grad, turned(factorOf(y!, bLayout)), batch, aLayout, aShape)
    const byRight = (): Tensor =>
      gradient(turned(factorOf(x!, aLayout)), grad, batch, bLayout, bShape)
    return [wants[0] ? byLeft() : null, wants[1] ? byRight() : null]
  })
}
