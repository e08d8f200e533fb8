import { DTypeError, ShapeError, ValueError } from '../../errors.js'
import { doubles } from '../allocate.js'
import type { AttentionArgs, AttentionGradientArgs, AttentionShape } from '../attention.js'
import type { View } from '../view.js'
import { checkApart, dims, extentOf } from './apart.js'
import { bytes, type Floats, floats, ints } from './operand.js'
import { PhiloxStream } from './philox.js'
import { checkPassed } from './place.js'
import { unitOfWord } from './random.js'

/** What is added to a score, or null: there is no such key. */
type Mask = (at: number) => number | null

/** What the forward and its gradient read. */
interface Problem {
  readonly q: Floats
  readonly k: Floats
  readonly v: Floats
  readonly mask: Mask
  readonly padding: Mask
  /** Words of the stream for each weight, in their order; null where none is dropped. */
  readonly stream: PhiloxStream | null
}

const NONE: Mask = () => 0

function maskOf(
  view: View | null,
  length: number,
  op: string,
  operand: string,
  { dtype }: View,
  blocked: boolean,
): Mask {
  if (view === null) return NONE
  if (view.dtype === 'uint8') {
    const given = bytes(view, length, op, operand)
    return (at) => ((given[at] !== 0) === blocked ? null : 0)
  }
  if (view.dtype !== dtype) {
    throw new DTypeError(`${op}: expected ${operand} to be uint8 or ${dtype}, got ${view.dtype}`)
  }
  const given = floats(view, length, op, operand)
  return (at) => given[at]!
}

/** Where the rows of each operand lie. */
function placesOf(s: AttentionShape): Readonly<Record<'q' | 'k' | 'v' | 'out', Dims>> {
  const { batch, heads, kvHeads, rows, keys, width, valueWidth } = s
  return {
    q: dims([s.qBatch, s.qHead, s.qRow, 1], [batch, heads, rows, width]),
    k: dims([s.kBatch, s.kHead, s.kRow, 1], [batch, kvHeads, keys, width]),
    v: dims([s.vBatch, s.vHead, s.vRow, 1], [batch, kvHeads, keys, valueWidth]),
    out: dims([s.outBatch, s.outHead, s.outRow, 1], [batch, heads, rows, valueWidth]),
  }
}

type Dims = ReturnType<typeof dims>

function problemOf(
  args: Pick<AttentionArgs, 'q' | 'k' | 'mask' | 'padding' | 'blocked' | 'p' | 'shape'> & {
    readonly v: View | null
  },
  state: Int32Array | null,
  op: string,
): Problem {
  const { q, k, v, shape, blocked, p } = args
  const { batch, heads, kvHeads, rows, keys, width, valueWidth } = shape
  if (width === 0 || valueWidth === 0) {
    throw new ShapeError(`${op}: expected heads of at least one element`)
  }
  if (kvHeads === 0 ? heads !== 0 : heads % kvHeads !== 0) {
    throw new ShapeError(`${op}: expected as many heads of k for each of q`)
  }
  if (!(p >= 0 && p <= 1)) throw new ValueError(`${op}: expected a probability, got ${p}`)
  checkPassed(op, shape.before, shape.after, heads * rows * keys)
  const places = placesOf(shape)
  for (const name of ['q', 'k', 'v', 'out'] as const) {
    const [row, column] = places[name].slice(-2) as [Dims[number], Dims[number]]
    if (row.count > 1 && row.step < column.count) {
      throw new ShapeError(`${op}: expected rows of ${name} that do not overlap`)
    }
  }
  const maskDims = dims(
    [shape.maskBatch, shape.maskHead, shape.maskRow, 1],
    [batch, heads, rows, keys],
  )
  const paddingDims = dims([shape.paddingBatch, 1], [batch, keys])
  return {
    q: floats(q, extentOf(places.q), op, 'q'),
    k: floats(k, extentOf(places.k), op, 'k'),
    v: v === null ? NOTHING : floats(v, extentOf(places.v), op, 'v'),
    mask: maskOf(args.mask, extentOf(maskDims), op, 'mask', q, blocked),
    padding: maskOf(args.padding, extentOf(paddingDims), op, 'padding', q, blocked),
    stream: p > 0 ? new PhiloxStream(state!) : null,
  }
}

/** The state of a generator where one is needed. */
function stateOf(state: View | null, p: number, op: string): Int32Array | null {
  if (!(p > 0)) return null
  if (state === null) throw new ValueError(`${op}: expected a state to drop by`)
  return ints(state, 4, op, 'state')
}

/** One row: its scores, what its weights are multiplied by, and where its head's rows begin. */
interface Row {
  readonly place: number
  readonly q: number
  readonly k: number
  readonly v: number
  readonly out: number
  /** -Infinity where there is no key. */
  readonly scores: Float64Array
  readonly factors: Float64Array
}

function forEachRow(
  { q, k, mask, padding, stream }: Problem,
  s: AttentionShape,
  { scale, causal, p }: Pick<AttentionArgs, 'scale' | 'causal' | 'p'>,
  visit: (row: Row) => void,
): void {
  const scores = doubles(s.keys)
  const factors = doubles(s.keys)
  const kept = p < 1 ? 1 / (1 - p) : 0
  const group = s.heads / s.kvHeads
  const each = s.heads * s.rows * s.keys // random words of a sample
  stream?.passTo(s.before * each)
  for (let b = 0; b < s.batch; b++) {
    for (let h = 0; h < s.heads; h++) {
      const shared = Math.floor(h / group)
      const [kHead, vHead] = [
        b * s.kBatch + shared * s.kHead,
        b * s.vBatch + shared * s.vHead,
      ] as const
      for (let i = 0; i < s.rows; i++) {
        const qRow = b * s.qBatch + h * s.qHead + i * s.qRow
        const maskRow = b * s.maskBatch + h * s.maskHead + i * s.maskRow
        for (let j = 0; j < s.keys; j++) {
          let sum = 0
          for (let c = 0; c < s.width; c++) sum += q[qRow + c]! * k[kHead + j * s.kRow + c]!
          const added = [mask(maskRow + j), padding(b * s.paddingBatch + j)]
          const none = (causal && j > i + s.past) || added.includes(null)
          scores[j] = none ? -Infinity : scale * sum + added[0]! + added[1]!
          factors[j] = stream === null ? 1 : unitOfWord(stream.next()) >= p ? kept : 0
        }
        visit({
          place: (b * s.heads + h) * s.rows + i,
          q: qRow,
          k: kHead,
          v: vHead,
          out: b * s.outBatch + h * s.outHead + i * s.outRow,
          scores,
          factors,
        })
      }
    }
  }
  stream?.passTo((s.before + s.batch + s.after) * each)
}

/**
 * A. Vaswani et al., "Attention is all you need" (2017): out = softmax(scale q k^T + mask) v.
 */
export function attention(args: AttentionArgs): void {
  const op = 'attention'
  const { shape: s } = args
  const state = stateOf(args.state, args.p, op)
  const problem = problemOf(args, state, op)
  const outDims = placesOf(s).out
  const logSums = floats(args.logSum, s.batch * s.heads * s.rows, op, 'logSum')
  const out = floats(args.out, extentOf(outDims), op, 'out')
  if (logSums.length === 0) return
  checkApart(op, 'out', outDims)
  const sums = doubles(s.valueWidth)
  forEachRow(problem, s, args, ({ place, v, out: at, scores, factors }) => {
    const max = scores.reduce((most, score) => Math.max(most, score), -Infinity)
    const shift = max === -Infinity ? 0 : max
    sums.fill(0)
    let sum = 0
    for (let j = 0; j < s.keys; j++) {
      const weight = Math.exp(scores[j]! - shift)
      sum += weight
      if (weight === 0) continue
      for (let c = 0; c < s.valueWidth; c++) {
        sums[c]! += weight * factors[j]! * problem.v[v + j * s.vRow + c]!
      }
    }
    for (let c = 0; c < s.valueWidth; c++) out[at + c] = sum === 0 ? 0 : sums[c]! / sum
    logSums[place] = sum === 0 ? Infinity : shift + Math.log(sum)
  })
}

/**
 * With w the weights, f what dropout multiplies them by, and d = f gradOut v^T:
 *   gradV = (w f)^T gradOut,  gradScores = w (d - sum over the keys of w d),
 *   gradQ = scale gradScores k,  gradK = scale gradScores^T q
 */
export function attentionGradient(args: AttentionGradientArgs): void {
  const op = 'attentionGradient'
  const { shape: s, scale, gradQ, gradK, gradV, byQ, byK, byV } = args
  const byScores = byQ || byK
  // A copy, for the stream moves it on.
  const state = stateOf(args.state, args.p, op)?.slice() ?? null
  const problem = problemOf(args, state, op)
  const places = placesOf(s)
  const logSums = floats(args.logSum, s.batch * s.heads * s.rows, op, 'logSum')
  const outs = byScores ? floats(args.out!, extentOf(places.out), op, 'out') : NOTHING
  const gradOuts = floats(args.gradOut, extentOf(places.out), op, 'gradOut')
  const q = gradientOf(op, 'gradQ', byQ, gradQ, args.qOffset, places.q)
  const k = gradientOf(op, 'gradK', byK, gradK ?? gradQ, args.kOffset, places.k)
  const v = gradientOf(op, 'gradV', byV, gradV ?? gradK ?? gradQ, args.vOffset, places.v)
  if (s.batch * s.kvHeads === 0) return
  for (const gradient of [q, k, v]) {
    if (gradient !== null) checkApart(op, gradient.name, gradient.places)
  }
  forEachRow(problem, s, args, ({ place, q: atQ, k: atK, v: atV, out, scores, factors }) => {
    const logSum = logSums[place]!
    let delta = 0
    if (byScores)
      for (let c = 0; c < s.valueWidth; c++) delta += gradOuts[out + c]! * outs[out + c]!
    for (let j = 0; j < s.keys; j++) {
      const weight = Math.exp(scores[j]! - logSum)
      if (weight === 0) continue
      const factor = factors[j]!
      const value = atV + j * s.vRow
      if (v !== null) {
        for (let c = 0; c < s.valueWidth; c++) {
          v.sums[value + c]! += factor * weight * gradOuts[out + c]!
        }
      }
      if (!byScores) continue
      let sum = 0
      for (let c = 0; c < s.valueWidth; c++) {
        sum += factor === 0 ? 0 : factor * gradOuts[out + c]! * problem.v[value + c]!
      }
      const byScore = weight * (sum - delta) * scale
      const key = atK + j * s.kRow
      for (let c = 0; c < s.width; c++) {
        if (q !== null) q.sums[atQ + c]! += byScore * problem.k[key + c]!
        if (k !== null) k.sums[key + c]! += byScore * problem.q[atQ + c]!
      }
    }
  })
  for (const gradient of [q, k, v]) if (gradient !== null) store(gradient)
}

const NOTHING = new Float64Array(0)

/** A gradient that is asked for: its sums, and where they belong. */
interface Sums {
  readonly name: string
  readonly sums: Float64Array
  readonly to: Floats
  readonly offset: number
  readonly places: Dims
}

function gradientOf(
  op: string,
  name: string,
  wanted: boolean,
  view: View | null,
  offset: number,
  places: Dims,
): Sums | null {
  if (!wanted) return null
  const extent = extentOf(places)
  const to = floats(view!, offset + extent, op, name)
  return { name, sums: doubles(extent), to, offset, places }
}

/** Writes the elements of an operand, and nothing between them. */
function store({ sums, to, offset, places }: Sums): void {
  const [batch, head, row, column] = places as [Dims[0], Dims[0], Dims[0], Dims[0]]
  for (let b = 0; b < batch.count; b++) {
    for (let h = 0; h < head.count; h++) {
      for (let i = 0; i < row.count; i++) {
        const at = b * batch.step + h * head.step + i * row.step
        for (let c = at; c < at + column.count; c++) to[offset + c] = sums[c]!
      }
    }
  }
}

export const attentionKernels = { attention, attentionGradient }
