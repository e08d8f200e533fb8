// Products of two tensors whose dimensions have names, summed over names that the result lacks.
import { joined, joinsGraph } from '../autograd/differentiable.js'
import { kernels } from '../kernels/backend.js'
import type { BatchMatmulShape } from '../kernels/matmul.js'
import { placesOf } from '../tensor/strided.js'
import type { Tensor } from '../tensor/tensor.js'
import { mul } from './binary.js'
import { permute } from './permute.js'
import { resultLike } from './result.js'

/** A letter, or a number for a dimension that `...` stands for. */
export type Label = string | number

/** A tensor whose dimensions have names, each of them once. */
export interface Named {
  readonly x: Tensor
  readonly labels: readonly Label[]
}

export type Sizes = ReadonlyMap<Label, number>

/** What becomes of the names of two operands. */
interface Roles {
  /** In both, and in the result. */
  readonly batch: readonly Label[]
  /** In the one, and in the other. */
  readonly rows: readonly Label[]
  readonly cols: readonly Label[]
  /** In both, summed over. */
  readonly added: readonly Label[]
}

/** Elements from one place of each name to the next. */
type Steps = ReadonlyMap<Label, number>

/** Dimensions that go on in even steps. */
interface Run {
  readonly count: number
  readonly step: number
}

/** How a matrix is stored: rows that lie `row` elements apart. */
interface Stored {
  readonly row: number
  readonly isTransposed: boolean
}

/** A call of the kernel on memory as it lies. */
interface Plan {
  readonly shape: BatchMatmulShape
  readonly transposeA: boolean
  readonly transposeB: boolean
}

const sizeOf = (labels: readonly Label[], sizes: Sizes): number[] =>
  labels.map((label) => sizes.get(label)!)

const countOf = (labels: readonly Label[], sizes: Sizes): number =>
  labels.reduce<number>((product, label) => product * sizes.get(label)!, 1)

/** With its dimensions in the order of these names. */
export function ordered({ x, labels }: Named, order: readonly Label[]): Tensor {
  if (order.every((label, i) => labels[i] === label)) return x
  return permute(
    x,
    order.map((label) => labels.indexOf(label)),
  )
}

/**
 * The product of two tensors as one of these names, summed over those that it lacks. Each name of an operand
 * is one of the other's or of the result.
 */
export function contract(a: Named, b: Named, result: readonly Label[], sizes: Sizes): Tensor {
  const roles = rolesOf(a, b, result)
  const { batch, rows, cols, added } = roles
  const isElementwise = added.length + Math.min(rows.length, cols.length) === 0
  if (isElementwise && batch.length > 0) return spread(a, b, roles, result, sizes)
  const out = multiplied(a, b, roles, result, sizes)
  if (!joinsGraph(a.x, b.x)) return out
  const saved = [b.x.requiresGrad ? a.x : null, a.x.requiresGrad ? b.x : null]
  const [aLabels, bLabels] = [a.labels, b.labels]
  return joined('einsum', [a.x, b.x], {}, out, saved, ([g], wants, [x, y]) => {
    const gradient = { x: g!, labels: result }
    return [
      wants[0] ? contract(gradient, { x: y!, labels: bLabels }, aLabels, sizes) : null,
      wants[1] ? contract({ x: x!, labels: aLabels }, gradient, bLabels, sizes) : null,
    ]
  })
}

/** In the order of the result, and sums in that of the first. */
function rolesOf(a: Named, b: Named, result: readonly Label[]): Roles {
  const [inA, inB] = [new Set(a.labels), new Set(b.labels)]
  return {
    batch: result.filter((label) => inA.has(label) && inB.has(label)),
    rows: result.filter((label) => !inB.has(label)),
    cols: result.filter((label) => !inA.has(label)),
    added: a.labels.filter((label) => inB.has(label) && !result.includes(label)),
  }
}

/** Elementwise, where nothing is summed over and one of them is repeated. */
function spread(
  a: Named,
  b: Named,
  { batch, rows, cols }: Roles,
  result: readonly Label[],
  sizes: Sizes,
): Tensor {
  const ones = (labels: readonly Label[]): number[] => labels.map(() => 1)
  const [of, m, n] = [sizeOf(batch, sizes), sizeOf(rows, sizes), sizeOf(cols, sizes)]
  const x = ordered(a, [...batch, ...rows]).reshape([...of, ...m, ...ones(cols)])
  const y = ordered(b, [...batch, ...cols]).reshape([...of, ...ones(rows), ...n])
  return ordered({ x: mul(x, y), labels: [...batch, ...rows, ...cols] }, result)
}

/** By one call on operands and result as they lie where that can be, by copies in another order otherwise. */
function multiplied(
  a: Named,
  b: Named,
  { batch, rows, cols, added }: Roles,
  result: readonly Label[],
  sizes: Sizes,
): Tensor {
  const own = (named: Named): Named => ({ ...named, x: named.x.detach() })
  const [left, right] = [own(a), own(b)]
  const found = attempt(left, right, { batch, rows, cols, added }, result, sizes)
  if (found !== null) return found
  // The same product transposed, whose result may lie as it is wanted.
  const turned = attempt(right, left, { batch, rows: cols, cols: rows, added }, result, sizes)
  if (turned !== null) return turned
  const inOrder = (named: Named, labels: readonly Label[]): Named => {
    return { x: ordered(named, labels), labels }
  }
  const x = inOrder(left, [...batch, ...rows, ...added])
  const y = inOrder(right, [...batch, ...added, ...cols])
  const labels = [...batch, ...rows, ...cols]
  const whole = attempt(x, y, { batch, rows, cols, added }, labels, sizes)!
  return ordered({ x: whole, labels }, result)
}

function attempt(
  a: Named,
  b: Named,
  roles: Roles,
  result: readonly Label[],
  sizes: Sizes,
): Tensor | null {
  const plan = planOf(a, b, roles, result, sizes)
  if (plan === null) return null
  const out = resultLike(sizeOf(result, sizes), a.x.dtype)
  if (out.length === 0) return out
  const { shape, transposeA, transposeB } = plan
  const { outer, inner, m, n, k, aRow, bRow, outRow } = shape
  const isTight =
    outer * inner === 1 &&
    outRow === n &&
    aRow === (transposeA ? m : k) &&
    bRow === (transposeB ? k : n)
  if (isTight) kernels().matmul({ a: a.x, b: b.x, out, m, n, k, transposeA, transposeB })
  else kernels().batchMatmul({ a: a.x, b: b.x, out, shape, transposeA, transposeB })
  return out
}

function planOf(
  a: Named,
  b: Named,
  { batch, rows, cols, added }: Roles,
  result: readonly Label[],
  sizes: Sizes,
): Plan | null {
  const ofA = stepsOf(a.labels, sizes)
  const ofB = stepsOf(b.labels, sizes)
  const ofOut = stepsOf(result, sizes)
  const aStored = storedAs(runOf(rows, ofA, sizes), runOf(added, ofA, sizes))
  const bStored = storedAs(runOf(added, ofB, sizes), runOf(cols, ofB, sizes))
  const outStored = storedAs(runOf(rows, ofOut, sizes), runOf(cols, ofOut, sizes))
  const levels = levelsOf(batch, [ofA, ofB, ofOut], sizes)
  if (aStored === null || bStored === null || outStored === null || levels.length > 2) return null
  if (outStored.isTransposed) return null
  const [outer, inner] = [levels.length === 2 ? levels[0]! : ONE, levels.at(-1) ?? ONE]
  const shape = {
    outer: outer.count,
    inner: inner.count,
    m: countOf(rows, sizes),
    n: countOf(cols, sizes),
    k: countOf(added, sizes),
    aOuter: outer.steps[0]!,
    aInner: inner.steps[0]!,
    aRow: aStored.row,
    bOuter: outer.steps[1]!,
    bInner: inner.steps[1]!,
    bRow: bStored.row,
    outOuter: outer.steps[2]!,
    outInner: inner.steps[2]!,
    outRow: outStored.row,
  }
  return { shape, transposeA: aStored.isTransposed, transposeB: bStored.isTransposed }
}

function stepsOf(labels: readonly Label[], sizes: Sizes): Steps {
  const { strides } = placesOf(sizeOf(labels, sizes))
  return new Map(labels.map((label, i) => [label, strides[i]!]))
}

/** Several dimensions as one; null where its steps would not be even. */
function runOf(labels: readonly Label[], steps: Steps, sizes: Sizes): Run | null {
  let run: Run | null = null
  for (const label of labels.toReversed()) {
    const [count, step] = [sizes.get(label)!, steps.get(label)!]
    if (count === 1) continue
    if (run === null) run = { count, step }
    else if (step === run.step * run.count) run = { count: run.count * count, step: run.step }
    else return null
  }
  return run ?? { count: 1, step: 1 }
}

/** A matrix of these rows and columns; null where neither of them lie side by side. */
function storedAs(rows: Run | null, cols: Run | null): Stored | null {
  if (rows === null || cols === null) return null
  if (cols.count === 1 || cols.step === 1) {
    return { row: rows.count === 1 ? cols.count : rows.step, isTransposed: false }
  }
  if (rows.count !== 1 && rows.step !== 1) return null
  return { row: cols.step, isTransposed: true }
}

/** Dimensions of the batch that go on in even steps through operands and result. */
interface Level {
  readonly count: number
  readonly steps: readonly number[]
}

const ONE: Level = { count: 1, steps: [0, 0, 0] }

function levelsOf(batch: readonly Label[], all: readonly Steps[], sizes: Sizes): Level[] {
  const levels: Level[] = []
  for (const label of batch) {
    const count = sizes.get(label)!
    if (count === 1) continue
    const steps = all.map((of) => of.get(label)!)
    const last = levels.at(-1)
    if (last?.steps.every((step, i) => step === steps[i]! * count))
      levels.splice(-1, 1, { count: last.count * count, steps })
    else levels.push({ count, steps })
  }
  return levels
}
