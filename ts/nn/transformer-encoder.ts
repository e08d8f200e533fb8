import { flag, type Options, readOptions, unchecked } from '../options.js'
import type { Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import { cacheOption, type KeyValueCache } from './key-value-cache.js'
import { Module } from './module.js'
import type { EncoderLayerCallOptions } from './transformer-encoder-layer.js'
import { TransformerStack } from './transformer-stack.js'

/** What comes beside the input. In masks of uint8 a 1 is a key that is not there; those of floats are added. */
export interface EncoderCallOptions {
  /** (T, T) or (N · heads, T, T). */
  readonly mask?: Tensor | null
  /** (N, T) */
  readonly srcKeyPaddingMask?: Tensor | null
  /** Whether step i sees the steps 0 to i only; it needs no mask. Default false. */
  readonly isCausal?: boolean
  /** Keeps keys and values from call to call, in all attention inside; see `nn.KeyValueCache`. Default null. */
  readonly cache?: KeyValueCache | null
}

const CALL = {
  mask: unchecked<Tensor | null>(null),
  srcKeyPaddingMask: unchecked<Tensor | null>(null),
  isCausal: flag(false),
  cache: cacheOption,
} satisfies Options<EncoderCallOptions>

/** A layer of an encoder: `nn.TransformerEncoderLayer`, or a module that is called like it. */
export type EncoderLayer = Module<[src: Tensor, options?: EncoderLayerCallOptions]>

/**
 * Layers of a transformer's encoder, one after the other, and `norm` behind them.
 *
 * `forward(src, { mask, srcKeyPaddingMask, isCausal })`, which every layer gets. Shapes are those of the
 * layers.
 *
 * @example
 * const layer = new nn.TransformerEncoderLayer(128, 4, { dimFeedforward: 512, batchFirst: true })
 * const encoder = new nn.TransformerEncoder(layer, 2, { norm: new nn.LayerNorm(128) })
 * encoder.forward(randn([32, 64, 128]), { isCausal: true }).shape // [32, 64, 128]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoder.html
 */
export class TransformerEncoder<L extends EncoderLayer = EncoderLayer> extends TransformerStack<
  L,
  [src: Tensor, options?: EncoderCallOptions]
> {
  static {
    markBuiltIn(this, ({ layers, norm }) => [[...layers], layers.length, { norm }])
  }

  /** @throws ShapeError, DTypeError, ValueError unless input, masks and cache go together. */
  override forward(src: Tensor, options?: EncoderCallOptions): Tensor {
    const { mask: srcMask, ...call } = readOptions(this.describe(), CALL, options)
    this.checkCached(call.cache)
    let x = src
    for (const layer of this.layers) x = layer.forward(x, { srcMask, ...call })
    return this.norm === null ? x : this.norm.forward(x)
  }
}
