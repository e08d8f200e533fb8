import { checkArguments } from '../check.js'
import { flag, type Options, readOptions, unchecked } from '../options.js'
import type { Generator } from '../random/generator.js'
import type { Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import type { Dropout } from './dropout.js'
import type { LayerNorm } from './layer-norm.js'
import type { Linear } from './linear.js'
import { cacheOption, type KeyValueCache } from './key-value-cache.js'
import { Module } from './module.js'
import type { MultiheadAttention } from './multihead-attention.js'
import {
  besidePart,
  feedForward,
  layerOptions,
  TRANSFORMER_LAYER,
  type TransformerLayerOptions,
  TransformerParts,
} from './transformer-parts.js'

/** What comes beside the inputs. In masks of uint8 a 1 is a key that is not there; those of floats are added. */
export interface DecoderCallOptions {
  /** (T, T) or (N · heads, T, T). */
  readonly tgtMask?: Tensor | null
  /** (T, S) or (N · heads, T, S). */
  readonly memoryMask?: Tensor | null
  /** (N, T) */
  readonly tgtKeyPaddingMask?: Tensor | null
  /** (N, S) */
  readonly memoryKeyPaddingMask?: Tensor | null
  /** Whether step i sees the steps 0 to i of tgt only; it needs no mask. Default false. */
  readonly tgtIsCausal?: boolean
  /** Whether step i sees the steps 0 to i of the memory only; not with a cache. Default false. */
  readonly memoryIsCausal?: boolean
  /** Keeps keys and values from call to call, in all attention inside; see `nn.KeyValueCache`. Default null. */
  readonly cache?: KeyValueCache | null
}

export const DECODER_MASKS = {
  tgtMask: unchecked<Tensor | null>(null),
  memoryMask: unchecked<Tensor | null>(null),
  tgtKeyPaddingMask: unchecked<Tensor | null>(null),
  memoryKeyPaddingMask: unchecked<Tensor | null>(null),
  tgtIsCausal: flag(false),
  memoryIsCausal: flag(false),
} satisfies Options<Omit<DecoderCallOptions, 'cache'>>

export const DECODER_CALL = {
  ...DECODER_MASKS,
  cache: cacheOption,
} satisfies Options<DecoderCallOptions>

/**
 * A layer of a transformer's decoder: attention of a sequence to itself, then to the memory, what an encoder
 * made of another sequence, then two linear layers, each with its input beside it:
 *
 * x = norm1(x + attention(x)), x = norm2(x + attention(x, memory)), y = norm3(x + linear2(activation(linear1(x))))
 *
 * or with `normFirst` x = x + attention(norm1(x)), and so on.
 *
 * `forward(tgt, memory, { tgtMask, memoryMask, tgtKeyPaddingMask, memoryKeyPaddingMask, tgtIsCausal,
 * memoryIsCausal })`.
 *
 * Shapes: tgt (T, N, dModel), memory (S, N, dModel), with `batchFirst` (N, T, dModel) and (N, S, dModel),
 * without N for one sequence; output that of tgt.
 *
 * Parameters have PyTorch's names: self_attn, multihead_attn, linear1, linear2, norm1, norm2, norm3.
 * Initialisation: that of their layers.
 *
 * @example
 * const layer = new nn.TransformerDecoderLayer(16, 4, { batchFirst: true })
 * layer.forward(randn([2, 5, 16]), randn([2, 9, 16]), { tgtIsCausal: true }).shape // [2, 5, 16]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.TransformerDecoderLayer.html
 */
export class TransformerDecoderLayer extends Module<
  [tgt: Tensor, memory: Tensor, options?: DecoderCallOptions]
> {
  static {
    markBuiltIn(this, (own) => [own.self_attn.embedDim, own.self_attn.numHeads, layerOptions(own)])
  }

  self_attn: MultiheadAttention
  multihead_attn: MultiheadAttention
  linear1: Linear
  dropout: Dropout
  linear2: Linear
  norm1: LayerNorm
  norm2: LayerNorm
  norm3: LayerNorm
  dropout1: Dropout
  dropout2: Dropout
  dropout3: Dropout
  readonly activation: 'relu' | 'gelu'
  readonly normFirst: boolean
  /** Draws what is dropped; undefined for the default generator. */
  readonly generator: Generator | undefined

  /**
   * @param dModel Features of a step.
   * @param nhead Heads of the attentions.
   * @throws ValueError when a size is not a whole number ≥ 1, or dModel no multiple of nhead.
   */
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    checkArguments(new.target.name, 3, arguments)
    super()
    const given = readOptions('TransformerDecoderLayer', TRANSFORMER_LAYER, options)
    const parts = new TransformerParts(dModel, nhead, given)
    this.self_attn = parts.attention()
    this.multihead_attn = parts.attention()
    this.linear1 = parts.linear(dModel, given.dimFeedforward)
    this.dropout = parts.dropout()
    this.linear2 = parts.linear(given.dimFeedforward, dModel)
    this.norm1 = parts.norm()
    this.norm2 = parts.norm()
    this.norm3 = parts.norm()
    this.dropout1 = parts.dropout()
    this.dropout2 = parts.dropout()
    this.dropout3 = parts.dropout()
    this.activation = given.activation
    this.normFirst = given.normFirst
    this.generator = given.generator
  }

  protected override get isLent(): boolean {
    return true
  }

  /** @throws ShapeError, DTypeError, ValueError unless inputs and masks go together. */
  override forward(tgt: Tensor, memory: Tensor, options?: DecoderCallOptions): Tensor {
    const call = readOptions(this.describe(), DECODER_CALL, options)
    const toItself = {
      attnMask: call.tgtMask,
      keyPaddingMask: call.tgtKeyPaddingMask,
      isCausal: call.tgtIsCausal,
      cache: call.cache,
      needWeights: false,
    }
    const toMemory = {
      attnMask: call.memoryMask,
      keyPaddingMask: call.memoryKeyPaddingMask,
      isCausal: call.memoryIsCausal,
      cache: call.cache,
      needWeights: false,
    }
    let x = besidePart(this, tgt, this.norm1, this.dropout1, (x) => {
      return this.self_attn.forward(x, x, x, toItself).output
    })
    x = besidePart(this, x, this.norm2, this.dropout2, (x) => {
      return this.multihead_attn.forward(x, memory, memory, toMemory).output
    })
    return besidePart(this, x, this.norm3, this.dropout3, (x) => feedForward(this, x))
  }
}
