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

/** What comes beside the input. In masks of uint8 a 1 is a key that is not there; those of floats are added. */
export interface EncoderLayerCallOptions {
  /** (T, T) or (N · heads, T, T). */
  readonly srcMask?: Tensor | null
  /** (N, T) */
  readonly srcKeyPaddingMask?: Tensor | null
  /** Whether step i sees the steps 0 to i only; it needs no mask. Default false. */
  readonly isCausal?: boolean
  /** Keeps keys and values from call to call, in all attention inside; see `nn.KeyValueCache`. Default null. */
  readonly cache?: KeyValueCache | null
}

const CALL = {
  srcMask: unchecked<Tensor | null>(null),
  srcKeyPaddingMask: unchecked<Tensor | null>(null),
  isCausal: flag(false),
  cache: cacheOption,
} satisfies Options<EncoderLayerCallOptions>

/**
 * A layer of a transformer's encoder: attention of a sequence to itself, then two linear layers, each with
 * its input beside it:
 *
 * x = norm1(x + attention(x)), y = norm2(x + linear2(activation(linear1(x))))
 *
 * or with `normFirst` x = x + attention(norm1(x)), y = x + linear2(activation(linear1(norm2(x)))).
 *
 * `forward(src, { srcMask, srcKeyPaddingMask, isCausal })`. With `isCausal` it is a layer of a network that
 * predicts the next step of each.
 *
 * Shapes: src (T, N, dModel), with `batchFirst` (N, T, dModel), without N for one sequence; output the same.
 *
 * Parameters have PyTorch's names: self_attn, linear1, linear2, norm1, norm2. Initialisation: that of their
 * layers.
 *
 * @example
 * const layer = new nn.TransformerEncoderLayer(128, 4, { dimFeedforward: 512, batchFirst: true })
 * layer.forward(randn([32, 64, 128]), { isCausal: true }).shape // [32, 64, 128]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html
 */
export class TransformerEncoderLayer extends Module<
  [src: Tensor, options?: EncoderLayerCallOptions]
> {
  static {
    markBuiltIn(this, (own) => [own.self_attn.embedDim, own.self_attn.numHeads, layerOptions(own)])
  }

  self_attn: MultiheadAttention
  linear1: Linear
  dropout: Dropout
  linear2: Linear
  norm1: LayerNorm
  norm2: LayerNorm
  dropout1: Dropout
  dropout2: Dropout
  readonly activation: 'relu' | 'gelu'
  readonly normFirst: boolean
  /** Draws what is dropped; undefined for the default generator. */
  readonly generator: Generator | undefined

  /**
   * @param dModel Features of a step.
   * @param nhead Heads of the attention.
   * @throws ValueError when a size is not a whole number ≥ 1, or dModel no multiple of nhead.
   */
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    checkArguments(new.target.name, 3, arguments)
    super()
    const given = readOptions('TransformerEncoderLayer', TRANSFORMER_LAYER, options)
    const parts = new TransformerParts(dModel, nhead, given)
    this.self_attn = parts.attention()
    this.linear1 = parts.linear(dModel, given.dimFeedforward)
    this.dropout = parts.dropout()
    this.linear2 = parts.linear(given.dimFeedforward, dModel)
    this.norm1 = parts.norm()
    this.norm2 = parts.norm()
    this.dropout1 = parts.dropout()
    this.dropout2 = parts.dropout()
    this.activation = given.activation
    this.normFirst = given.normFirst
    this.generator = given.generator
  }

  protected override get isLent(): boolean {
    return true
  }

  /** @throws ShapeError, DTypeError, ValueError unless input and masks go together. */
  override forward(src: Tensor, options?: EncoderLayerCallOptions): Tensor {
    const call = readOptions(this.describe(), CALL, options)
    const { srcMask: attnMask, srcKeyPaddingMask: keyPaddingMask, ...rest } = call
    const settings = { attnMask, keyPaddingMask, ...rest, needWeights: false }
    const { self_attn, norm1, norm2, dropout1, dropout2 } = this
    const x = besidePart(this, src, norm1, dropout1, (x) => {
      return self_attn.forward(x, x, x, settings).output
    })
    return besidePart(this, x, norm2, dropout2, (x) => feedForward(this, x))
  }
}
