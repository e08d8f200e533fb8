import { checkArguments } from '../check.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import type { FloatDType } from '../kernels/dtype.js'
import { triu } from '../ops/triangle.js'
import { flag, floatDType, type Options, readOptions, unchecked, whole } from '../options.js'
import { full } from '../tensor/create.js'
import { formatShape, noTensor, Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import { xavierUniform_ } from './init/index.js'
import { LayerNorm } from './layer-norm.js'
import { Module } from './module.js'
import { TransformerDecoder } from './transformer-decoder.js'
import { DECODER_MASKS, type DecoderCallOptions, TransformerDecoderLayer } from './transformer-decoder-layer.js' // prettier-ignore
import { type EncoderCallOptions, TransformerEncoder } from './transformer-encoder.js'
import { TransformerEncoderLayer } from './transformer-encoder-layer.js'
import { TRANSFORMER_LAYER, type TransformerLayerOptions } from './transformer-parts.js'
import { checkModule } from './transformer-stack.js'

type Encoder = Module<[src: Tensor, options?: EncoderCallOptions]>
type Decoder = Module<[tgt: Tensor, memory: Tensor, options?: DecoderCallOptions]>

export interface TransformerOptions extends TransformerLayerOptions {
  /** Default 6. */
  numEncoderLayers?: number
  /** Default 6. */
  numDecoderLayers?: number
  /** In the place of the encoder. Its parameters stay as they are. */
  customEncoder?: Encoder
  /** In the place of the decoder. Its parameters stay as they are. */
  customDecoder?: Decoder
}

const OPTIONS = {
  numEncoderLayers: whole(0, 6),
  numDecoderLayers: whole(0, 6),
  ...TRANSFORMER_LAYER,
  customEncoder: unchecked<Encoder>(),
  customDecoder: unchecked<Decoder>(),
} satisfies Options<TransformerOptions>

/** What comes beside the inputs. In masks of uint8 a 1 is a key that is not there; those of floats are added. */
export interface TransformerCallOptions extends Omit<DecoderCallOptions, 'cache'> {
  /** (S, S) or (N · heads, S, S). */
  readonly srcMask?: Tensor | null
  /** (N, S) */
  readonly srcKeyPaddingMask?: Tensor | null
  /** Whether step i sees the steps 0 to i of src only; it needs no mask. Default false. */
  readonly srcIsCausal?: boolean
}

const CALL = {
  srcMask: unchecked<Tensor | null>(null),
  srcKeyPaddingMask: unchecked<Tensor | null>(null),
  srcIsCausal: flag(false),
  ...DECODER_MASKS,
} satisfies Options<TransformerCallOptions>

const MASK = { dtype: floatDType('float32') } satisfies Options<{ dtype?: FloatDType }>

/**
 * An encoder, which makes a memory of one sequence, and a decoder, which makes another sequence from it:
 * decoder(tgt, encoder(src)), each with a LayerNorm behind its last layer.
 *
 * `forward(src, tgt, { srcMask, tgtMask, memoryMask, srcKeyPaddingMask, tgtKeyPaddingMask,
 * memoryKeyPaddingMask, srcIsCausal, tgtIsCausal, memoryIsCausal })`.
 *
 * Shapes: src (S, N, dModel), tgt (T, N, dModel), with `batchFirst` (N, S, dModel) and (N, T, dModel), without N
 * for one sequence each; output that of tgt.
 *
 * Parameters have PyTorch's names: encoder.layers.0.self_attn, …. Initialisation: matrices Xavier's uniform,
 * everything else that of its layer.
 *
 * @example
 * const transformer = new nn.Transformer(16, 4, { numEncoderLayers: 2, numDecoderLayers: 2, batchFirst: true })
 * transformer.forward(randn([2, 9, 16]), randn([2, 5, 16]), { tgtIsCausal: true }).shape // [2, 5, 16]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Transformer.html
 */
export class Transformer extends Module<
  [src: Tensor, tgt: Tensor, options?: TransformerCallOptions]
> {
  static {
    // The two parts say all that the other options said.
    markBuiltIn(this, ({ dModel, nhead, batchFirst, encoder, decoder }) => [
      dModel,
      nhead,
      {
        numEncoderLayers: undefined,
        numDecoderLayers: undefined,
        dimFeedforward: undefined,
        dropout: undefined,
        activation: undefined,
        layerNormEps: undefined,
        batchFirst,
        normFirst: undefined,
        bias: undefined,
        dtype: undefined,
        customEncoder: encoder,
        customDecoder: decoder,
      },
    ])
  }

  encoder: Encoder
  decoder: Decoder
  readonly batchFirst: boolean

  /**
   * @param dModel Features of a step. Default 512.
   * @param nhead Heads of the attentions. Default 8.
   * @throws ValueError when a size is not a whole number ≥ 1, or dModel no multiple of nhead.
   */
  constructor(
    readonly dModel = 512,
    readonly nhead = 8,
    options: TransformerOptions = {},
  ) {
    checkArguments(new.target.name, 3, arguments)
    super()
    const who = 'Transformer'
    const given = readOptions(who, OPTIONS, options)
    const { numEncoderLayers, numDecoderLayers, customEncoder, customDecoder, ...layer } = given
    for (const [name, value] of Object.entries({ dModel, nhead })) {
      if (Number.isInteger(value) && value >= 1) continue
      throw new ValueError(complaint(who, name, 'a whole number of at least 1', value))
    }
    if (customEncoder !== undefined) checkModule(who, 'customEncoder', customEncoder)
    if (customDecoder !== undefined) checkModule(who, 'customDecoder', customDecoder)
    const { layerNormEps: eps, bias, dtype } = layer
    const list = <M>(length: number, make: () => M): M[] => Array.from({ length }, make)
    const norm = (): { norm: LayerNorm } => ({ norm: new LayerNorm(dModel, { eps, bias, dtype }) })
    this.encoder =
      customEncoder ??
      new TransformerEncoder(
        list(numEncoderLayers, () => new TransformerEncoderLayer(dModel, nhead, layer)),
        numEncoderLayers,
        norm(),
      )
    this.decoder =
      customDecoder ??
      new TransformerDecoder(
        list(numDecoderLayers, () => new TransformerDecoderLayer(dModel, nhead, layer)),
        numDecoderLayers,
        norm(),
      )
    this.batchFirst = layer.batchFirst
    for (const part of [customEncoder ? null : this.encoder, customDecoder ? null : this.decoder]) {
      for (const parameter of part?.parameters() ?? []) {
        if (parameter.ndim > 1) xavierUniform_(parameter, { generator: layer.generator })
      }
    }
  }

  /**
   * The mask that leaves each of `size` steps those up to itself: 0, and -∞ above the diagonal, (size, size).
   * `srcIsCausal` and `tgtIsCausal` say the same without a mask, and take less time.
   *
   * @throws ValueError unless size is a whole number ≥ 0.
   */
  static generateSquareSubsequentMask(size: number, options: { dtype?: FloatDType } = {}): Tensor {
    const who = 'Transformer.generateSquareSubsequentMask'
    checkArguments(who, 2, arguments)
    const { dtype } = readOptions(who, MASK, options)
    return triu(full([size, size], -Infinity, { dtype }), 1)
  }

  protected override get isLent(): boolean {
    return true
  }

  /** @throws ShapeError, DTypeError, ValueError unless inputs and masks go together. */
  override forward(src: Tensor, tgt: Tensor, options?: TransformerCallOptions): Tensor {
    const call = readOptions(this.describe(), CALL, options)
    const { srcMask: mask, srcKeyPaddingMask, srcIsCausal: isCausal, ...rest } = call
    this.#check(src, tgt)
    const memory = this.encoder.forward(src, { mask, srcKeyPaddingMask, isCausal })
    return this.decoder.forward(tgt, memory, rest)
  }

  #check(src: Tensor, tgt: Tensor): void {
    const { dModel, batchFirst } = this
    for (const [name, x] of Object.entries({ src, tgt })) {
      if (!(x instanceof Tensor)) throw noTensor(this.describe(), name, x)
    }
    const batch = batchFirst ? 0 : 1
    const fits =
      (src.ndim === 2 || src.ndim === 3) &&
      tgt.ndim === src.ndim &&
      src.shape.at(-1) === dModel &&
      tgt.shape.at(-1) === dModel &&
      (src.ndim === 2 || src.shape[batch] === tgt.shape[batch])
    if (fits) return
    const [of, to] = batchFirst ? ['N, S', 'N, T'] : ['S, N', 'T, N']
    const expected = `src (${of}, ${dModel}) and tgt (${to}, ${dModel}), or both without N`
    const got = [src, tgt].map(({ shape }) => formatShape(shape)).join(', ')
    throw new ShapeError(complaint(this.describe(), 'the shapes', expected, got))
  }

  override extraRepr(): string {
    return `${this.dModel}, ${this.nhead}`
  }
}
