// Attention by functions of whole tensors: where the weights themselves are asked for, or gradients by a mask.
import { tril } from '../../../ops/triangle.js'
import { add, mul } from '../../../ops/binary.js'
import { logicalNot, maskedFill, ne, where } from '../../../ops/mask.js'
import { matmul } from '../../../ops/matmul.js'
import { transpose } from '../../../ops/permute.js'
import { softmax } from '../../../ops/softmax.js'
import { alongAxis } from '../../../random/batch-rows.js'
import type { Generator } from '../../../random/generator.js'
import { ones } from '../../../tensor/create.js'
import type { Tensor } from '../../../tensor/tensor.js'
import { dropout } from '../dropout.js'

export interface PlainSettings {
  /** Broadcast to (…, heads, rows, keys). */
  readonly masks: readonly Tensor[]
  readonly blocked: boolean
  readonly causal: boolean
  /** Where `causal`: row i has the keys up to i + past. */
  readonly past: number
  readonly scale: number
  readonly p: number
  readonly generator: Generator | undefined
}

/** What stands for a key that is not there: finite, so that a row of nothing else is a number. */
const LOW = -1e30

/** q (…, heads, rows, width), k and v with as many heads. A row without any key has weights of 0. */
export function plainAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { masks, blocked, causal, past, scale, p, generator }: PlainSettings,
): [output: Tensor, weights: Tensor] {
  let scores = mul(matmul(q, transpose(k, -2, -1)), scale)
  for (const mask of masks) {
    if (mask.dtype !== 'uint8') scores = add(scores, mask)
    else scores = maskedFill(scores, blocked ? ne(mask, 0) : logicalNot(mask), -Infinity)
  }
  if (causal) {
    const seen = tril(ones([q.shape.at(-2)!, k.shape.at(-2)!]), past).to('uint8')
    scores = maskedFill(scores, logicalNot(seen), -Infinity)
  }
  const open = ne(scores, -Infinity)
  const weights = where(open, softmax(where(open, scores, LOW)), 0)
  const options = generator === undefined ? {} : { generator }
  const dropped = p === 0 ? weights : alongAxis(0, () => dropout(weights, p, options))
  return [matmul(dropped, v), dropped]
}
