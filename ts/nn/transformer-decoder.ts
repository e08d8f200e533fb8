import { checkArguments } from '../check.js'
import { readOptions } from '../options.js'
import type { Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import { Module } from './module.js'
import { DECODER_CALL, type DecoderCallOptions } from './transformer-decoder-layer.js'
import { STACK, type TransformerStackOptions } from './transformer-encoder.js'
import { checkCached, checkModule, stackOf } from './transformer-parts.js'

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
export class TransformerDecoder<L extends DecoderLayer = DecoderLayer> extends Module<
  [tgt: Tensor, memory: Tensor, options?: DecoderCallOptions]
> {
  static {
    markBuiltIn(this, ({ layers, norm }) => [[...layers], layers.length, { norm }])
  }

  layers: L[]
  norm: Module | null

  /**
   * @param layer One that is copied, which begin alike; or a list of layers, which are taken as they are.
   * @param numLayers How many copies.
   * @throws ValueError when something is no module, or the layer one that cannot be copied: of another class.
   */
  constructor(layer: L | readonly L[], numLayers?: number, options: TransformerStackOptions = {}) {
    checkArguments(new.target.name, 3, arguments)
    super()
    const who = 'TransformerDecoder'
    const { norm } = readOptions(who, STACK, options)
    if (norm !== null) checkModule(who, 'norm', norm)
    this.layers = stackOf(who, layer, numLayers)
    this.norm = norm
  }

  protected override get isLent(): boolean {
    return true
  }

  /** @throws ShapeError, DTypeError, ValueError unless inputs and masks go together. */
  override forward(tgt: Tensor, memory: Tensor, options?: DecoderCallOptions): Tensor {
    const call = readOptions(this.describe(), DECODER_CALL, options)
    checkCached(this.describe(), this.layers, call.cache)
    let x = tgt
    for (const layer of this.layers) x = layer.forward(x, memory, call)
    return this.norm === null ? x : this.norm.forward(x)
  }
}
