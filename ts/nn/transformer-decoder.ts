import { readOptions } from '../options.js'
import type { Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import { Module } from './module.js'
import { DECODER_CALL, type DecoderCallOptions } from './transformer-decoder-layer.js'
import { TransformerStack } from './transformer-stack.js'

/** A layer of a decoder: `nn.TransformerDecoderLayer`, or a module that is called like it. */
export type DecoderLayer = Module<[tgt: Tensor, memory: Tensor, options?: DecoderCallOptions]>

/**
 * Layers of a transformer's decoder, one after the other, and `norm` behind them.
 *
 * `forward(tgt, memory, options)`: the memory and the options, those of `nn.TransformerDecoderLayer`, are what
 * every layer gets. Shapes are those of the layers.
 *
 * @example
 * const layer = new nn.TransformerDecoderLayer(16, 4, { batchFirst: true })
 * const decoder = new nn.TransformerDecoder(layer, 2)
 * decoder.forward(randn([2, 5, 16]), randn([2, 9, 16]), { tgtIsCausal: true }).shape // [2, 5, 16]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.TransformerDecoder.html
 */
export class TransformerDecoder<L extends DecoderLayer = DecoderLayer> extends TransformerStack<
  L,
  [tgt: Tensor, memory: Tensor, options?: DecoderCallOptions]
> {
  static {
    markBuiltIn(this, ({ layers, norm }) => [[...layers], layers.length, { norm }])
  }

  /** @throws ShapeError, DTypeError, ValueError unless inputs and masks go together. */
  override forward(tgt: Tensor, memory: Tensor, options?: DecoderCallOptions): Tensor {
    const call = readOptions(this.describe(), DECODER_CALL, options)
    this.checkCached(call.cache)
    let x = tgt
    for (const layer of this.layers) x = layer.forward(x, memory, call)
    return this.norm === null ? x : this.norm.forward(x)
  }
}
