// Attention of heads that lie anywhere in tensors, as one node of the graph.
import { joined, joinsGraph } from '../../../autograd/differentiable.js'
import type { Gradient } from '../../../autograd/node.js'
import type { AttentionShape } from '../../../kernels/attention.js'
import { kernels } from '../../../kernels/backend.js'
import { itemSize } from '../../../kernels/dtype.js'
import { resultLike } from '../../../ops/result.js'
import { placeOf } from '../../../random/batch-rows.js'
import { defaultGenerator, type Generator } from '../../../random/generator.js'
import { type Shape, Tensor } from '../../../tensor/tensor.js'

/** Where the heads of an operand begin in a tensor, and elements from one sample, head and row to the next. */
export interface Heads {
  readonly x: Tensor
  readonly offset: number
  readonly batch: number
  readonly head: number
  readonly row: number
}

/** A mask, and elements from one sample, head and row to the next: 0 where all have the same. */
export interface LaidMask {
  readonly x: Tensor
  readonly batch: number
  readonly head: number
  readonly row: number
}

export interface Attending {
  readonly q: Heads
  readonly k: Heads
  readonly v: Heads
  /**
   * Whether q, k and v together fill one tensor, or k and v do, so that their gradients are one tensor too;
   * otherwise each fills its own.
   */
  readonly packed: 'qkv' | 'kv' | null
  readonly sizes: Pick<
    AttentionShape,
    'batch' | 'heads' | 'kvHeads' | 'rows' | 'keys' | 'width' | 'valueWidth'
  >
  readonly out: { readonly shape: Shape; batch: number; head: number; row: number }
  readonly mask: LaidMask | null
  /** (batch, keys) */
  readonly padding: Tensor | null
  /** Whether 1 of a uint8 mask is a key that is not there. */
  readonly blocked: boolean
  readonly causal: boolean
  /** Where `causal`: row i has the keys up to i + past. */
  readonly past: number
  readonly scale: number
  readonly p: number
  readonly generator: Generator | undefined
}

/** softmax(scale q k^T + masks) v */
export function attend(op: string, given: Attending): Tensor {
  const { q, k, v, packed, mask, padding, blocked, causal, scale, p } = given
  const shape = shapeOf(given)
  const { batch, heads, rows } = shape
  const out = resultLike(given.out.shape, q.x.dtype)
  const logSum = resultLike([batch, heads, rows], q.x.dtype)
  const settings = { shape, scale, causal, blocked, p }
  const state = p === 0 ? null : (given.generator ?? defaultGenerator).state
  const drawn = state === null ? null : resultLike([4], 'int32')
  if (drawn !== null) kernels().copy({ x: state!, y: drawn, n: 4 })
  kernels().attention({
    ...settings,
    ...{ q: partOf(q), k: partOf(k), v: partOf(v) },
    mask: mask?.x ?? null,
    ...{ padding, state, logSum, out },
  })
  const inputs = packed === 'qkv' ? [q.x] : packed === 'kv' ? [q.x, k.x] : [q.x, k.x, v.x]
  if (!joinsGraph(...inputs)) return out
  // The rule holds no tensor, so it knows operands by their places among what is saved.
  const byScores = q.x.requiresGrad || k.x.requiresGrad
  const optional = [byScores ? v.x : null, byScores ? out : null, mask?.x ?? null, padding, drawn]
  const present = optional.map((x) => x !== null)
  const saved = [q.x, k.x, logSum, ...optional.filter((x) => x !== null)]
  const offsets = { qOffset: q.offset, kOffset: k.offset, vOffset: v.offset }
  const attributes = { scale, causal, p, heads, kvHeads: shape.kvHeads }
  const valueShape = v.x.shape
  return joined(op, inputs, attributes, out, saved, ([gradOut], wants, kept): Gradient[] => {
    const [qx, kx, logSum] = kept as [Tensor, Tensor, Tensor]
    let place = 3
    const [vx, out, mask, padding, state] = present.map((is) => (is ? kept[place++]! : null))
    const gradients = [qx.shape, kx.shape, valueShape]
      .slice(0, inputs.length)
      .map((shape, i) => (wants[i]! ? resultLike(shape, qx.dtype) : null))
    const [byQ, byK = byQ, byV = byK] = wants
    const { qOffset, kOffset, vOffset } = offsets
    kernels().attentionGradient({
      ...settings,
      ...{ q: part(qx, qOffset), k: part(kx, kOffset), v: vx ? part(vx, vOffset) : null },
      ...{ mask: mask!, padding: padding!, state: state!, logSum, out: out!, gradOut: gradOut! },
      ...{ gradQ: gradients[0]!, gradK: gradients[1] ?? null, gradV: gradients[2] ?? null },
      ...offsets,
      ...{ byQ: byQ!, byK: byK!, byV: byV! },
    })
    return gradients
  })
}

function shapeOf({ q, k, v, sizes, out, mask, padding, past }: Attending): AttentionShape {
  const { before, after } = placeOf(sizes.batch, [sizes.batch], 0)
  return {
    ...sizes,
    ...{ qBatch: q.batch, qHead: q.head, qRow: q.row },
    ...{ kBatch: k.batch, kHead: k.head, kRow: k.row },
    ...{ vBatch: v.batch, vHead: v.head, vRow: v.row },
    ...{ outBatch: out.batch, outHead: out.head, outRow: out.row },
    ...{ maskBatch: mask?.batch ?? 0, maskHead: mask?.head ?? 0, maskRow: mask?.row ?? 0 },
    paddingBatch: padding === null ? 0 : sizes.keys,
    ...{ past, before, after },
  }
}

const partOf = ({ x, offset }: Heads): Tensor => part(x, offset)

/** What begins `offset` elements after the first of a tensor. */
function part(x: Tensor, offset: number): Tensor {
  if (offset === 0 || x.length === 0) return x
  const { buffer, byteOffset, dtype, length } = x
  const rest = length - offset
  return new Tensor(
    buffer,
    byteOffset + offset * itemSize[dtype],
    Object.freeze([rest]),
    dtype,
    rest,
  )
}
