import { isWanted } from '../autograd/free-call.js'
import { isGradEnabled } from '../autograd/grad-mode.js'
import { checkArguments } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import type { FloatDType } from '../kernels/dtype.js'
import { cat } from '../ops/cat.js'
import { ne } from '../ops/mask.js'
import { permute } from '../ops/permute.js'
import { mean } from '../ops/reduce.js'
import { tril } from '../ops/triangle.js'
import { flag, floatDType, type Options, readOptions, share, unchecked } from '../options.js'
import { type Generator, generatorOption } from '../random/generator.js'
import { ones, zeros } from '../tensor/create.js'
import { empty, formatShape, noTensor, Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { markBuiltIn } from './built-in.js'
import { attend } from './functional/attention/attend.js'
import { checkMasks, layMask } from './functional/attention/masks.js'
import { plainAttention } from './functional/attention/plain.js'
import { type Projected, ProjectionLayout } from './functional/attention/projection-layout.js'
import { linear } from './functional/linear.js'
import { xavierNormal_, xavierUniform_, zeros_ } from './init/index.js'
import { cacheOption, type Columns, type KeyValueCache, type NewRows } from './key-value-cache.js'
import { Linear } from './linear.js'
import { Module } from './module.js'
import { Parameter } from './parameter.js'

export interface MultiheadAttentionOptions {
  /** Probability that a weight is dropped, in training. Default 0. */
  dropout?: number
  /** Whether biases are added by the projections. Default true. */
  bias?: boolean
  /** Whether a learnt key and value follow those of each sample. Default false. */
  addBiasKv?: boolean
  /** Whether a key and a value of zeros follow those of each sample. Default false. */
  addZeroAttn?: boolean
  /** Features of the keys. Default: embedDim. */
  kdim?: number
  /** Features of the values. Default: embedDim. */
  vdim?: number
  /** Whether inputs and output are (N, L, …) instead of (L, N, …). Default false. */
  batchFirst?: boolean
  /** Default `float32`. */
  dtype?: FloatDType
  /** Draws the initial parameters and what is dropped. Default: the default generator. */
  generator?: Generator
}

const size = unchecked<number>()

const OPTIONS = {
  dropout: share(0),
  bias: flag(true),
  addBiasKv: flag(false),
  addZeroAttn: flag(false),
  kdim: size,
  vdim: size,
  batchFirst: flag(false),
  dtype: floatDType(),
  generator: generatorOption,
} satisfies Options<MultiheadAttentionOptions>

/** What comes beside queries, keys and values. */
export interface AttentionCallOptions {
  /** (N, S): keys that a sample has not. uint8: 1 where there is none; of the dtype of the queries: added to the scores. */
  readonly keyPaddingMask?: Tensor | null
  /** Whether the weights are given as well, which takes memory of L · S for each head. Default true. */
  readonly needWeights?: boolean
  /** (L, S) or (N · heads, L, S): keys that a row has not. uint8: 1 where it has none; of the dtype of the queries: added to the scores. */
  readonly attnMask?: Tensor | null
  /** Whether the weights are the means over the heads. Default true. */
  readonly averageAttnWeights?: boolean
  /** Whether row i has the keys 0 to i only; it needs no mask then. Default false. */
  readonly isCausal?: boolean
  /**
   * Keeps keys and values from call to call. S is then the number of all keys, those of the calls before
   * first, and a causal row has those and the keys up to its own. Default null.
   */
  readonly cache?: KeyValueCache | null
}

const CALL = {
  keyPaddingMask: unchecked<Tensor | null>(null),
  needWeights: flag(true),
  attnMask: unchecked<Tensor | null>(null),
  averageAttnWeights: flag(true),
  isCausal: flag(false),
  cache: cacheOption,
} satisfies Options<AttentionCallOptions>

export interface AttentionOutput {
  readonly [name: string]: Tensor | null
  readonly output: Tensor
  /** (N, L, S), or (N, heads, L, S) where they are no means; null unless they are needed. */
  readonly weights: Tensor | null
}

/**
 * Attention of several heads side by side: of each, softmax(q kᵀ / √D) v with D = embedDim / numHeads
 * columns of the projected queries, keys and values; then a projection of all.
 *
 * `forward(q, k, v, { keyPaddingMask, attnMask, needWeights, … })` gives `{ output, weights }`. Where no
 * weights are needed, memory does not grow with L · S. One product projects queries, keys and values where
 * they are the same tensor. A row without any key gives what the projection makes of 0.
 *
 * Shapes: q (L, N, embedDim), k (S, N, kdim), v (S, N, vdim), output (L, N, embedDim); with `batchFirst` (N, L, …);
 * without N for one sample.
 *
 * Parameters have PyTorch's names: in_proj_weight (3 embedDim, embedDim), or q_proj_weight, k_proj_weight and
 * v_proj_weight where kdim or vdim differ; in_proj_bias; bias_k and bias_v; out_proj.
 *
 * Initialisation: Xavier's uniform for projections of the inputs, ±1 / √embedDim for out_proj.weight, biases 0,
 * bias_k and bias_v Xavier's normal.
 *
 * @example
 * const attention = new nn.MultiheadAttention(16, 4, { batchFirst: true })
 * const x = randn([2, 10, 16])
 * attention.forward(x, x, x, { needWeights: false, isCausal: true }).output.shape // [2, 10, 16]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html
 */
export class MultiheadAttention extends Module<
  [q: Tensor, k: Tensor, v: Tensor, options?: AttentionCallOptions],
  AttentionOutput
> {
  static {
    markBuiltIn(this, (own) => [
      own.embedDim,
      own.numHeads,
      {
        dropout: own.dropout,
        bias: own.in_proj_bias !== null,
        addBiasKv: own.bias_k !== null,
        addZeroAttn: own.addZeroAttn,
        kdim: own.kdim,
        vdim: own.vdim,
        batchFirst: own.batchFirst,
        dtype: own.out_proj.weight.dtype,
      },
    ])
  }

  in_proj_weight: Parameter | null = null
  q_proj_weight: Parameter | null = null
  k_proj_weight: Parameter | null = null
  v_proj_weight: Parameter | null = null
  in_proj_bias: Parameter | null
  bias_k: Parameter | null
  bias_v: Parameter | null
  out_proj: Linear
  readonly dropout: number
  readonly kdim: number
  readonly vdim: number
  readonly addZeroAttn: boolean
  readonly batchFirst: boolean
  /** Draws what is dropped; undefined for the default generator. */
  readonly generator: Generator | undefined
  readonly #layout: ProjectionLayout

  /** @throws ValueError when a size is not a whole number ≥ 1, or embedDim no multiple of numHeads. */
  constructor(
    readonly embedDim: number,
    readonly numHeads: number,
    options: MultiheadAttentionOptions = {},
  ) {
    checkArguments(new.target.name, 3, arguments)
    super()
    const who = 'MultiheadAttention'
    const given = readOptions(who, OPTIONS, options)
    const { bias, dtype, generator } = given
    const { kdim = embedDim, vdim = embedDim } = given
    for (const [name, value] of Object.entries({ embedDim, numHeads, kdim, vdim })) {
      if (Number.isInteger(value) && value >= 1) continue
      throw new ValueError(complaint(who, name, 'a whole number of at least 1', value))
    }
    if (embedDim % numHeads !== 0) {
      throw new ValueError(
        complaint(who, 'embedDim', `a multiple of numHeads ${numHeads}`, embedDim),
      )
    }
    const parameter = (...shape: number[]): Parameter => new Parameter(empty(shape, dtype))
    if (kdim === embedDim && vdim === embedDim) {
      this.in_proj_weight = parameter(3 * embedDim, embedDim)
    } else {
      this.q_proj_weight = parameter(embedDim, embedDim)
      this.k_proj_weight = parameter(embedDim, kdim)
      this.v_proj_weight = parameter(embedDim, vdim)
    }
    this.in_proj_bias = bias ? parameter(3 * embedDim) : null
    this.bias_k = given.addBiasKv ? parameter(1, 1, embedDim) : null
    this.bias_v = given.addBiasKv ? parameter(1, 1, embedDim) : null
    this.out_proj = new Linear(embedDim, embedDim, { bias, dtype, ...(generator && { generator }) })
    this.dropout = given.dropout
    this.kdim = kdim
    this.vdim = vdim
    this.addZeroAttn = given.addZeroAttn
    this.batchFirst = given.batchFirst
    this.generator = generator
    this.#layout = new ProjectionLayout(embedDim, numHeads, given.batchFirst)
    this.resetParameters(generator)
  }

  /** Draws the parameters anew. */
  resetParameters(generator?: Generator): void {
    const drawn = generator === undefined ? {} : { generator }
    const { in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight } = this
    for (const weight of [in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight]) {
      if (weight !== null) xavierUniform_(weight, drawn)
    }
    this.out_proj.resetParameters(generator)
    for (const bias of [this.in_proj_bias, this.out_proj.bias]) if (bias !== null) zeros_(bias)
    for (const bias of [this.bias_k, this.bias_v]) if (bias !== null) xavierNormal_(bias, drawn)
  }

  /** @throws ShapeError, DTypeError, ValueError unless inputs and masks go together. */
  override forward(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    options?: AttentionCallOptions,
  ): AttentionOutput {
    const call = readOptions(this.describe(), CALL, options)
    this.#check(q, k, v)
    if (q.ndim === 3) return this.#attend(q, k, v, call)
    const dim = this.batchFirst ? 0 : 1
    const own = q.unsqueeze(dim)
    const keys = k === q ? own : k.unsqueeze(dim)
    const values = v === q ? own : v === k ? keys : v.unsqueeze(dim)
    const padding = call.keyPaddingMask
    const keyPaddingMask = padding instanceof Tensor ? padding.unsqueeze(0) : padding
    const { output, weights } = this.#attend(own, keys, values, { ...call, keyPaddingMask })
    return { output: output.squeeze(dim), weights: weights && weights.squeeze(0) }
  }

  #attend(q: Tensor, k: Tensor, v: Tensor, given: Required<AttentionCallOptions>): AttentionOutput {
    const { embedDim, numHeads: heads, batchFirst } = this
    const [batch, rows] = this.#layout.sizesOf(q)
    const who = this.describe()
    const { cache } = given
    if (cache !== null) this.#checkCached(who, [q, k, v, given.attnMask, given.keyPaddingMask])
    const added: NewRows = {
      ...{ owner: this, who, batch, rows: this.#layout.sizesOf(k)[1], batchFirst },
      weights: cache === null ? [] : this.#keyWeights(),
    }
    const past = cache !== null && k === q ? cache.pastOf(added) : 0
    if (cache !== null && k !== q && given.isCausal) {
      const hint = 'give attnMask, (rows, keys)'
      const expected = 'false, for the cache knows no place of rows among the keys of a memory'
      throw new ValueError(complaint(who, 'isCausal', expected, true, hint))
    }
    const keys = past + added.rows
    const sizes = { batch, rows, keys }
    const masks = checkMasks(who, q, { ...sizes, heads }, given)
    const projected =
      cache === null
        ? this.#withMore(this.#project(q, k, v), batch)
        : this.#cached(cache, added, [q, k, v])
    const more = cache === null ? this.#layout.sizesOf(projected.k)[1] - keys : 0
    const p = this.training ? this.dropout : 0
    const scale = 1 / Math.sqrt(embedDim / heads)
    // Keys that are added here are those of every row.
    const causal = given.isCausal && more === 0
    if (given.isCausal && more > 0) masks.rows.push(ne(tril(ones([rows, keys])), 1))
    const all = masks.rows.map((mask) => widened(mask, more))
    const padding = masks.padding && widened(masks.padding, more)
    const shared = { blocked: true, causal, scale, p, generator: this.generator }
    const isPlain =
      given.needWeights ||
      all.length > 1 ||
      [...all, padding].some((mask) => mask !== null && isWanted(mask))
    if (!isPlain) {
      const laid = all[0] ?? null
      const out = attend(who, {
        ...this.#layout.heads(projected),
        sizes: {
          ...{ batch, heads, kvHeads: heads, rows, keys: keys + more },
          ...{ width: embedDim / heads, valueWidth: embedDim / heads },
        },
        out: { shape: q.shape, ...this.#layout.steps(q.shape) },
        mask: laid && layMask(who, 'attnMask', laid, [batch, heads, rows, keys + more]),
        ...{ padding, past, ...shared },
      })
      return { output: this.out_proj.forward(out), weights: null }
    }
    const wide = padding && padding.reshape([batch, 1, 1, keys + more])
    const [left, right, values] = this.#layout.split(this.#layout.filled(projected, keys + more))
    const settings = { masks: wide === null ? all : [...all, wide], past, ...shared }
    const [found, weights] = plainAttention(left, right, values, settings)
    const output = permute(found, batchFirst ? [0, 2, 1, 3] : [2, 0, 1, 3]).reshape(q.shape)
    const seen = given.averageAttnWeights ? mean(weights, 1) : weights
    return { output: this.out_proj.forward(output), weights: given.needWeights ? seen : null }
  }

  /** The projections from one of q, k and v on, by the rows of the joint weight or a weight of their own. */
  #part(x: Tensor, first: number, count: number, own: Tensor | null): Tensor {
    const { embedDim, in_proj_weight: weight, in_proj_bias: bias } = this
    const [start, length] = [first * embedDim, count * embedDim]
    return linear(x, own ?? weight!.narrow(0, start, length), bias && bias.narrow(0, start, length))
  }

  #project(q: Tensor, k: Tensor, v: Tensor): Projected {
    const { in_proj_weight: weight, in_proj_bias: bias } = this
    if (weight !== null && q === k && k === v) {
      const all = linear(q, weight, bias)
      return { packed: 'qkv', q: all, k: all, v: all }
    }
    if (weight !== null && k === v) {
      const both = this.#part(k, 1, 2, null)
      return { packed: 'kv', q: this.#part(q, 0, 1, null), k: both, v: both }
    }
    return {
      packed: null,
      q: this.#part(q, 0, 1, this.q_proj_weight),
      k: this.#part(k, 1, 1, this.k_proj_weight),
      v: this.#part(v, 2, 1, this.v_proj_weight),
    }
  }

  /** What keys and values are projected with. */
  #keyWeights(): Tensor[] {
    const { in_proj_weight, k_proj_weight, v_proj_weight, in_proj_bias } = this
    return [in_proj_weight, k_proj_weight, v_proj_weight, in_proj_bias].filter((x) => x !== null)
  }

  /** With the keys and values of the calls before, or those of a memory from the first call. */
  #cached(
    cache: KeyValueCache,
    added: NewRows,
    [q, k, v]: readonly [Tensor, Tensor, Tensor],
  ): Projected {
    const { embedDim } = this
    const isMemory = k !== q
    const kept = isMemory ? cache.keptOf(added, [k, v]) : null
    const own = (x: Tensor): Tensor => this.#part(x, 0, 1, this.q_proj_weight)
    if (kept !== null) return { packed: 'kv', q: own(q), k: kept, v: kept }
    const projected = this.#project(q, k, v)
    const { packed } = projected
    const columns = (x: Tensor, i: number, count: number): Columns => {
      return { x, first: i * embedDim, count: count * embedDim }
    }
    const parts =
      packed === null
        ? [columns(projected.k, 0, 1), columns(projected.v, 0, 1)]
        : [columns(projected.k, packed === 'qkv' ? 1 : 0, 2)]
    const rows = isMemory ? cache.keep(added, [k, v], parts) : cache.append(added, parts)
    const queries = packed === 'qkv' ? projected.q.narrow(-1, 0, embedDim) : projected.q
    return { packed: 'kv', q: queries, k: rows, v: rows }
  }

  /** @throws ValueError where a cache would leave something out. */
  #checkCached(who: string, inputs: readonly (Tensor | null)[]): void {
    if (this.bias_k !== null || this.addZeroAttn) {
      const got = this.bias_k === null ? 'addZeroAttn' : 'addBiasKv'
      throw new ValueError(complaint(who, 'a cache', 'of attention without added keys', got))
    }
    if (!isGradEnabled()) return
    const wanted = [...inputs, ...this.parameters()].some((x) => x?.requiresGrad === true)
    if (!wanted) return
    const hint = 'call it within noGrad(() => …)'
    throw new ValueError(
      complaint(
        who,
        'a cache',
        'used where no gradient is wanted',
        'tensors that require one',
        hint,
      ),
    )
  }

  /** With the learnt key and value, and those of zeros, behind those of each sample. */
  #withMore(given: Projected, batch: number): Projected {
    const { bias_k, bias_v, addZeroAttn, embedDim, batchFirst } = this
    if (bias_k === null && !addZeroAttn) return given
    const dim = batchFirst ? 1 : 0
    const shape = batchFirst ? [batch, 1, embedDim] : [1, batch, embedDim]
    const [q, k, v] = this.#layout.columns(given)
    const extended = (x: Tensor, bias: Parameter | null): Tensor => {
      const parts = [x]
      if (bias !== null) parts.push(bias.expand(shape))
      if (addZeroAttn) parts.push(zeros(shape, { dtype: x.dtype }))
      return cat(parts, dim)
    }
    return { packed: null, q, k: extended(k, bias_k), v: extended(v, bias_v) }
  }

  #check(q: Tensor, k: Tensor, v: Tensor): void {
    const { embedDim, kdim, vdim, batchFirst } = this
    const who = this.describe()
    const { dtype } = this.out_proj.weight
    for (const [name, x] of Object.entries({ q, k, v })) {
      if (!(x instanceof Tensor)) throw noTensor(who, name, x)
      if (x.dtype !== dtype) {
        throw new DTypeError(complaint(who, name, `${dtype} as the weights are`, x.dtype))
      }
    }
    const { ndim } = q
    const fits =
      (ndim === 2 || ndim === 3) &&
      [k, v].every((x) => x.ndim === ndim) &&
      [embedDim, kdim, vdim].every((n, i) => [q, k, v][i]!.shape.at(-1) === n) &&
      sameShape(k.shape.slice(0, -1), v.shape.slice(0, -1)) &&
      (ndim === 2 || this.#layout.sizesOf(q)[0] === this.#layout.sizesOf(k)[0])
    if (fits) return
    const order = batchFirst ? ['N, L', 'N, S'] : ['L, N', 'S, N']
    const expected = `q (${order[0]}, ${embedDim}), k (${order[1]}, ${kdim}) and v (${order[1]}, ${vdim}), or all without N`
    const got = [q, k, v].map(({ shape }) => formatShape(shape)).join(', ')
    throw new ShapeError(complaint(who, 'the shapes', expected, got))
  }

  /** Of the projections of the inputs, and of weights and values, as if none were left out. */
  override multiplyAdds(q: Tensor, _output: Tensor, [, k = q]: readonly Tensor[] = []): number {
    const { embedDim, kdim, vdim } = this
    const [rows, keys] = [q.length / embedDim, k.length / kdim]
    const batch = q.ndim === 3 ? this.#layout.sizesOf(q)[0] : 1
    const projections = embedDim * (rows * embedDim + keys * (kdim + vdim))
    return projections + (batch === 0 ? 0 : (2 * rows * keys * embedDim) / batch)
  }

  override extraRepr(): string {
    return `${this.embedDim}, ${this.numHeads}`
  }
}

/** A mask for more keys, which every row has. */
function widened(mask: Tensor, more: number): Tensor {
  if (more === 0) return mask
  const shape = [...mask.shape.slice(0, -1), more]
  return cat([mask, zeros(shape, { dtype: mask.dtype })], -1)
}
