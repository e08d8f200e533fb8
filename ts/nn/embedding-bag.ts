import { checkArguments } from '../check.js'
import type { FloatDType } from '../kernels/dtype.js'
import { floatDType, type Options, readOptions } from '../options.js'
import { paddingPlace } from '../ops/gather.js'
import { type Generator, generatorOption } from '../random/generator.js'
import { empty, Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import { checkTableSizes, drawTable } from './embedding.js'
import {
  BAG,
  type BagMode,
  embeddingBag,
  type EmbeddingBagFunctionOptions,
  type EmbeddingBagInputs,
} from './functional/embedding-bag.js'
import { Module } from './module.js'
import { Parameter } from './parameter.js'

export interface EmbeddingBagOptions extends Omit<
  EmbeddingBagFunctionOptions,
  keyof EmbeddingBagInputs
> {
  /** Default `float32`. */
  dtype?: FloatDType
  /** Draws the initial rows. Default: the default generator. */
  generator?: Generator
}

const OPTIONS = {
  ...BAG,
  dtype: floatDType('float32'),
  generator: generatorOption,
} satisfies Options<EmbeddingBagOptions>

/**
 * Sums, means or maxima of the vectors of bags of indices, without those in between: `Embedding` and then a
 * reduction. An empty bag gives 0.
 *
 * Shapes: input int32 or uint8 (B, L), or (n) with `offsets` of B bags; output (B, embeddingDim); weight
 * (numEmbeddings, embeddingDim).
 *
 * Initialisation: normal with mean 0 and deviation 1; zeros at paddingIdx.
 *
 * @example
 * const bag = new nn.EmbeddingBag(1000, 64, { mode: 'sum' })
 * bag.forward(tensor([3, 1, 4, 1, 5], { dtype: 'int32' }), { offsets: [0, 2] }).shape // [2, 64]
 *
 * Errors: as `nn.functional.embeddingBag`.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.EmbeddingBag.html
 */
export class EmbeddingBag extends Module<[input: Tensor, offsets?: Tensor | EmbeddingBagInputs]> {
  static {
    markBuiltIn(this, ({ numEmbeddings, embeddingDim, weight, ...own }) => [
      numEmbeddings,
      embeddingDim,
      {
        mode: own.mode,
        includeLastOffset: own.includeLastOffset,
        paddingIdx: own.paddingIdx,
        dtype: weight.dtype,
      },
    ])
  }

  weight: Parameter
  readonly mode: BagMode
  readonly includeLastOffset: boolean
  /** Counted from the start; null when there is none. */
  readonly paddingIdx: number | null

  /** @throws ValueError when a size is not a whole number ≥ 0, or paddingIdx is no index. */
  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    options: EmbeddingBagOptions = {},
  ) {
    checkArguments(new.target.name, 3, arguments)
    super()
    checkTableSizes('EmbeddingBag', { numEmbeddings, embeddingDim })
    const { mode, includeLastOffset, paddingIdx, dtype, generator } = readOptions(
      'EmbeddingBag',
      OPTIONS,
      options,
    )
    this.mode = mode
    this.includeLastOffset = includeLastOffset
    this.paddingIdx = paddingPlace('EmbeddingBag', paddingIdx, numEmbeddings)
    this.weight = new Parameter(empty([numEmbeddings, embeddingDim], dtype))
    this.resetParameters(generator)
  }

  /** Draws the rows anew. */
  resetParameters(generator?: Generator): void {
    drawTable(this, generator)
  }

  /** @param offsets Of the bags, alone or together with the weights. */
  override forward(input: Tensor, offsets?: Tensor | EmbeddingBagInputs): Tensor {
    const { mode, includeLastOffset, paddingIdx } = this
    const given = offsets instanceof Tensor ? { offsets } : offsets
    return embeddingBag(input, this.weight, { ...given, mode, includeLastOffset, paddingIdx })
  }

  override extraRepr(): string {
    const padding = this.paddingIdx === null ? '' : `, paddingIdx=${this.paddingIdx}`
    const last = this.includeLastOffset ? ', includeLastOffset=true' : ''
    return `${this.numEmbeddings}, ${this.embeddingDim}, mode=${this.mode}${last}${padding}`
  }
}
