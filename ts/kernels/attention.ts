import {
  type ArgsOf,
  type Field,
  flag,
  number,
  operation,
  overwritten,
  overwrittenOrNull,
  read,
  readOrNull,
  sizes,
  typed,
  updatedOrNull,
} from './operation.js'
import type { View } from './view.js'

/**
 * Sizes of attention, and where heads lie: head h of sample b of q begins b * qBatch + h * qHead elements
 * after its first and has `rows` rows of `width` elements that lie qRow apart; k, v and out alike. Heads of
 * q share those of k and v in groups of heads / kvHeads.
 */
export interface AttentionShape {
  readonly batch: number
  readonly heads: number
  readonly kvHeads: number
  readonly rows: number
  readonly keys: number
  readonly width: number
  readonly valueWidth: number
  readonly qBatch: number
  readonly qHead: number
  readonly qRow: number
  readonly kBatch: number
  readonly kHead: number
  readonly kRow: number
  readonly vBatch: number
  readonly vHead: number
  readonly vRow: number
  readonly outBatch: number
  readonly outHead: number
  readonly outRow: number
  readonly maskBatch: number
  readonly maskHead: number
  readonly maskRow: number
  readonly paddingBatch: number
  /** Where `causal`: row i has the keys up to i + past. */
  readonly past: number
  /** Samples of a whole batch whose weights are drawn for before these and after them. */
  readonly before: number
  readonly after: number
}

const attentionShape = sizes<AttentionShape>(
  'batch',
  'heads',
  'kvHeads',
  'rows',
  'keys',
  'width',
  'valueWidth',
  'qBatch',
  'qHead',
  'qRow',
  'kBatch',
  'kHead',
  'kRow',
  'vBatch',
  'vHead',
  'vRow',
  'outBatch',
  'outHead',
  'outRow',
  'maskBatch',
  'maskHead',
  'maskRow',
  'paddingBatch',
  'past',
  'before',
  'after',
)

/** Written in full where heads leave no gaps between them. */
const outOfHeads: Field<View> = {
  kind: 'operand',
  effect: ({ out, shape }) => {
    const { batch, heads, rows, valueWidth } = shape as AttentionShape
    return (out as View).length === batch * heads * rows * valueWidth ? 'overwrites' : 'updates'
  },
}

/**
 * w = softmax over the keys of scale * q k^T and the masks, out = w v, without memory of rows * keys elements.
 * A mask (`mask` for each row and key, `padding` (batch, keys) for each key) is added, of the dtype of q, or
 * says which keys there are: uint8, 1 where there is one, with `blocked` where there is none. With p each
 * weight is 0 or 1 / (1 - p) times as large by `state`, one number each in the order (batch, heads, rows,
 * keys), and the state advances. logSum (batch, heads, rows) is ln of the sum that the weights are divided by.
 *
 * A row without any key gives 0, and Infinity as logSum. Heads of no width, rows that overlap and steps that
 * would give two elements of out one place raise `ERR_SHAPE`.
 */
export const attention = operation('out', {
  q: read,
  k: read,
  v: read,
  mask: typed(readOrNull),
  padding: typed(readOrNull),
  state: updatedOrNull,
  logSum: overwritten,
  out: outOfHeads,
  shape: attentionShape,
  scale: number,
  causal: flag,
  blocked: flag,
  p: number,
})
export type AttentionArgs = ArgsOf<typeof attention>

/**
 * Gradients of `attention` by those of q, k and v that are asked for (`byQ`, `byK`, `byV`). They lie as their
 * operands do, from the offsets on: that by k in gradQ where gradK is null, that by v where that by k lies where
 * gradV is null. Together they fill what they lie in. `state` is what it was before the forward, gradOut lies as
 * out does; v and out may be null where the gradient by v alone is asked for.
 */
export const attentionGradient = operation('gradOut', {
  q: read,
  k: read,
  v: readOrNull,
  mask: typed(readOrNull),
  padding: typed(readOrNull),
  state: readOrNull,
  logSum: read,
  out: readOrNull,
  gradOut: read,
  gradQ: overwrittenOrNull,
  gradK: overwrittenOrNull,
  gradV: overwrittenOrNull,
  shape: attentionShape,
  qOffset: number,
  kOffset: number,
  vOffset: number,
  byQ: flag,
  byK: flag,
  byV: flag,
  scale: number,
  causal: flag,
  blocked: flag,
  p: number,
})
export type AttentionGradientArgs = ArgsOf<typeof attentionGradient>

export const attentionOperations = { attention, attentionGradient }
