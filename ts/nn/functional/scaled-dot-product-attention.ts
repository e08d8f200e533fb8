import { isWanted } from '../../autograd/free-call.js'
import { checkArguments } from '../../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../../errors.js'
import { expand } from '../../ops/expand.js'
import {
  finite,
  flag,
  nullable,
  type Options,
  readOptions,
  share,
  unchecked,
} from '../../options.js'
import { type Generator, generatorOption } from '../../random/generator.js'
import { formatShape, noTensor, type Shape, Tensor } from '../../tensor/tensor.js'
import { sameShape } from '../../tensor/workspace.js'
import { checkInput } from './applied.js'
import { attend, type Heads } from './attention/attend.js'
import { checkMask, layMask } from './attention/masks.js'
import { plainAttention } from './attention/plain.js'

export interface AttentionFunctionOptions {
  /**
   * Broadcast to (…, heads, L, S). uint8: which keys a row has, 1 where it has one. Of the dtype of q: added
   * to the scores. Default: each row has all keys.
   */
  attnMask?: Tensor | null
  /** Probability that a weight is dropped; give 0 in evaluation. Default 0. */
  dropoutP?: number
  /** Whether row i has the keys 0 to i only, also where L ≠ S. Not beside `attnMask`. Default false. */
  isCausal?: boolean
  /** What the scores are multiplied by. Default 1 / √E. */
  scale?: number | null
  /** Whether k and v may have fewer heads, each for as many of q in a row. Default false. */
  enableGqa?: boolean
  /** Draws what is dropped. Default: the default generator. */
  generator?: Generator
}

const OPTIONS = {
  attnMask: unchecked<Tensor | null>(null),
  dropoutP: share(0),
  isCausal: flag(false),
  scale: nullable(finite()),
  enableGqa: flag(false),
  generator: generatorOption,
} satisfies Options<AttentionFunctionOptions>

const WHO = 'scaledDotProductAttention'

/**
 * Attention: softmax(scale q kᵀ + mask) v. It is computed by blocks, so memory does not grow with L · S, and
 * of causal attention the half that is left out is not computed. A row that has no key gives 0.
 *
 * Shapes: q (…, heads, L, E), k (…, heads, S, E), v (…, heads, S, Ev); result (…, heads, L, Ev). The heads, and
 * what stands before them, may be missing and are broadcast.
 *
 * A mask that requires a gradient gets one; then the weights of all rows and keys are kept.
 *
 * @throws ShapeError, DTypeError, ValueError unless they go together.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
 *
 * @example
 * const x = randn([2, 4, 10, 8])
 * nn.functional.scaledDotProductAttention(x, x, x, { isCausal: true }).shape // [2, 4, 10, 8]
 */
export function scaledDotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options?: AttentionFunctionOptions,
): Tensor {
  checkArguments(WHO, 4, arguments)
  const {
    attnMask,
    dropoutP: p,
    isCausal,
    enableGqa,
    generator,
    ...rest
  } = readOptions(WHO, OPTIONS, options)
  checkOperands(q, k, v)
  const [width, valueWidth] = [q.shape.at(-1)!, v.shape.at(-1)!]
  const [rows, keys] = [q.shape.at(-2)!, k.shape.at(-2)!]
  const scale = rest.scale ?? 1 / Math.sqrt(width)
  const ndim = Math.max(q.ndim, k.ndim, v.ndim)
  const leading = leadingOf(q, k, v, ndim, enableGqa)
  const [qx, kx, vx] = [
    whole(q, [...leading.q, rows, width]),
    whole(k, [...leading.kv, keys, width]),
    whole(v, [...leading.kv, keys, valueWidth]),
  ]
  const shape = Object.freeze([...leading.q, rows, valueWidth])
  const mask = attnMask === null ? null : checkMask(WHO, 'attnMask', attnMask, q)
  if (mask !== null && isCausal) {
    const hint = 'put the mask in attnMask as well: mul(attnMask, tril(attnMask))'
    throw new ValueError(complaint(WHO, 'isCausal', 'false beside attnMask', true, hint))
  }
  const heads = leading.q.at(-1) ?? 1
  const kvHeads = leading.kv.at(-1) ?? 1
  const laid = mask === null ? null : layMask(WHO, 'attnMask', mask, [...leading.q, rows, keys])
  if ((mask !== null && isWanted(mask)) || width * valueWidth === 0) {
    const masks = mask === null ? [] : [mask]
    const settings = { masks, blocked: false, causal: isCausal, past: 0, scale, p, generator }
    const [left, right] = [kx, vx].map((x) => repeatHeads(x, heads / kvHeads)) as [Tensor, Tensor]
    return plainAttention(qx, left, right, settings)[0]
  }
  const headsOf = (x: Tensor, count: number): Heads => ({
    x,
    offset: 0,
    ...stepsOf(x.shape, count),
  })
  const batch = leading.q.slice(0, -1).reduce((product, n) => product * n, 1)
  return attend(WHO, {
    ...{ q: headsOf(qx, heads), k: headsOf(kx, kvHeads), v: headsOf(vx, kvHeads), packed: null },
    sizes: { batch, heads, kvHeads, rows, keys, width, valueWidth },
    out: { shape, ...stepsOf(shape, heads) },
    mask: laid,
    ...{ padding: null, blocked: false, causal: isCausal, past: 0, scale, p, generator },
  })
}

/** Elements from one sample, head and row to the next of heads that lie one behind the other. */
function stepsOf(shape: Shape, heads: number): { batch: number; head: number; row: number } {
  const [rows, width] = shape.slice(-2) as [number, number]
  return { batch: heads * rows * width, head: rows * width, row: width }
}

function checkOperands(q: Tensor, k: Tensor, v: Tensor): void {
  checkInput(WHO, q, 'q')
  for (const [name, x] of [['k', k] as const, ['v', v] as const]) {
    if (!(x instanceof Tensor)) throw noTensor(WHO, name, x)
    if (x.dtype !== q.dtype) {
      throw new DTypeError(complaint(WHO, name, `${q.dtype} as q is`, x.dtype))
    }
  }
  const fits =
    [q, k, v].every(({ ndim }) => ndim >= 2) &&
    q.shape.at(-1) === k.shape.at(-1) &&
    k.shape.at(-2) === v.shape.at(-2)
  if (!fits) throw refused(q, k, v)
}

function refused(q: Tensor, k: Tensor, v: Tensor): ShapeError {
  const got = [q, k, v].map(({ shape }) => formatShape(shape)).join(', ')
  const expected = 'q (…, heads, L, E), k (…, heads, S, E) and v (…, heads, S, Ev)'
  return new ShapeError(complaint(WHO, 'the shapes', expected, got))
}

/** What stands before rows and columns: broadcast, but for the heads where k and v may have fewer. */
function leadingOf(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  ndim: number,
  grouped: boolean,
): { readonly q: Shape; readonly kv: Shape } {
  const [ofQ, ofK, ofV] = [q, k, v].map((x) => [
    ...Array<number>(ndim - x.ndim).fill(1),
    ...x.shape.slice(0, -2),
  ]) as [number[], number[], number[]]
  const all: number[] = []
  const shared: number[] = []
  for (let i = 0; i < ndim - 2; i++) {
    const sizes = [ofQ[i]!, ofK[i]!, ofV[i]!]
    const own = sizes.find((n) => n !== 1) ?? 1
    const isHeads = i === ndim - 3
    if (sizes.every((n) => n === 1 || n === own)) {
      all.push(own)
      shared.push(own)
    } else if (grouped && isHeads && sizes[1] === sizes[2] && sizes[0]! % sizes[1]! === 0) {
      all.push(sizes[0]!)
      shared.push(sizes[1]!)
    } else throw refused(q, k, v)
  }
  return { q: all, kv: shared }
}

/** Broadcast to a shape; as it is where it has it. */
function whole(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : expand(x, shape)
}

/** Each head as often in a row. */
function repeatHeads(x: Tensor, times: number): Tensor {
  if (times === 1) return x
  const [before, last] = [x.shape.slice(0, -2), x.shape.slice(-2)]
  const wide = expand(x.reshape([...before, 1, ...last]), [...before, times, ...last])
  return wide.reshape([...before.slice(0, -1), before.at(-1)! * times, ...last])
}
