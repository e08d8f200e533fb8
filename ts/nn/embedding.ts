import { checkArguments } from '../check.js'
import { complaint, DTypeError, ValueError } from '../errors.js'
import { callFor, kernels } from '../kernels/backend.js'
import { paddingPlace } from '../ops/gather.js'
import { floatDType, type Options, readOptions, whole } from '../options.js'
import { type Generator, generatorOption } from '../random/generator.js'
import type { FloatDType } from '../kernels/dtype.js'
import { empty, type Tensor } from '../tensor/tensor.js'
import { allocate } from '../tensor/workspace.js'
import { normal_, zeros_ } from './init/index.js'
import { markBuiltIn } from './built-in.js'
import { Layer } from './layer.js'
import { Parameter } from './parameter.js'

export interface EmbeddingOptions {
  /**
   * Index whose row starts as zeros and gets no gradient; a negative one counts from the end. Default:
   * none.
   */
  paddingIdx?: number
  /** Default `float32`. */
  dtype?: FloatDType
  /** Draws the initial rows. Default: the default generator. */
  generator?: Generator
}

const OPTIONS = {
  paddingIdx: whole(-Infinity),
  dtype: floatDType(),
  generator: generatorOption,
} satisfies Options<EmbeddingOptions>

/**
 * A table of vectors, one for each index: output[…, :] = weight[input[…], :].
 *
 * Shapes: input int32 (…), output (…, embeddingDim); weight (numEmbeddings, embeddingDim).
 *
 * Initialisation: normal with mean 0 and deviation 1; zeros at paddingIdx.
 *
 * Indices have no gradient: `backward` gives zeros for them.
 *
 * @example
 * new nn.Embedding(1000, 64).forward(zeros([8, 20], { dtype: 'int32' })).shape // [8, 20, 64]
 *
 * Errors: DTypeError for an input that is not int32, ValueError for an index outside [0, numEmbeddings).
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Embedding.html
 */
export class Embedding extends Layer {
  static {
    markBuiltIn(this, ({ numEmbeddings, embeddingDim, paddingIdx, weight }) => [
      numEmbeddings,
      embeddingDim,
      { paddingIdx: paddingIdx ?? undefined, dtype: weight.dtype },
    ])
  }

  weight: Parameter
  /** Counted from the start; null when there is none. */
  readonly paddingIdx: number | null

  /**
   * @throws ValueError when a size is not a whole number ≥ 0, or paddingIdx is no index.
   */
  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    options: EmbeddingOptions = {},
  ) {
    checkArguments(new.target.name, 3, arguments)
    super()
    checkTableSizes('Embedding', { numEmbeddings, embeddingDim })
    const { paddingIdx, dtype, generator } = readOptions('Embedding', OPTIONS, options)
    this.paddingIdx = paddingPlace('Embedding', paddingIdx, numEmbeddings)
    this.weight = new Parameter(empty([numEmbeddings, embeddingDim], dtype))
    this.resetParameters(generator)
  }

  /** Draws the rows anew. */
  resetParameters(generator?: Generator): void {
    drawTable(this, generator)
  }

  protected override computeOutput(input: Tensor): Tensor {
    const { weight, numEmbeddings, embeddingDim } = this
    if (input.dtype !== 'int32') {
      throw new DTypeError(
        complaint(this.describe(), 'input', 'int32', input.dtype, "use input.to('int32')"),
      )
    }
    const output = allocate(Object.freeze([...input.shape, embeddingDim]), weight.dtype)
    callFor(
      () => this.describe(),
      () => {
        const { length } = input
        kernels().gather({
          src: weight,
          index: input,
          out: output,
          srcRows: numEmbeddings,
          rows: length,
          cols: embeddingDim,
        })
      },
    )
    return output
  }

  protected override computeGradInput(input: Tensor): Tensor {
    const gradInput = allocate(input.shape, this.weight.dtype)
    kernels().fill({ y: gradInput, n: input.length, value: 0 })
    return gradInput
  }

  protected override updateGradParameters(input: Tensor, gradOutput: Tensor): void {
    const { weight, numEmbeddings, embeddingDim } = this
    if (!weight.requiresGrad) return
    kernels().scatter({
      src: gradOutput,
      index: input,
      out: weight.gradTarget(),
      rows: input.length,
      cols: embeddingDim,
      count: numEmbeddings,
      paddingIndex: this.paddingIdx ?? -1,
      beta: weight.gradBeta,
    })
    weight.keepGrad()
  }

  override extraRepr(): string {
    const padding = this.paddingIdx === null ? '' : `, paddingIdx=${this.paddingIdx}`
    return `${this.numEmbeddings}, ${this.embeddingDim}${padding}`
  }
}

/** @throws ValueError when a size is not a whole number ≥ 0. */
export function checkTableSizes(who: string, sizes: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (Number.isInteger(size) && size >= 0) continue
    throw new ValueError(complaint(who, name, 'a whole number of at least 0', size))
  }
}

/** Draws the rows of a table, zeros at paddingIdx. */
export function drawTable(
  { weight, paddingIdx }: { readonly weight: Tensor; readonly paddingIdx: number | null },
  generator: Generator | undefined,
): void {
  normal_(weight, 0, 1, { generator })
  if (paddingIdx !== null) zeros_(weight.select(0, paddingIdx))
}
