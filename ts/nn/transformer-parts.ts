// What the layers of a transformer are made of.
import type { FloatDType } from '../kernels/dtype.js'
import { gelu, relu } from '../ops/activation.js'
import { add } from '../ops/binary.js'
import {
  atLeast,
  choice,
  flag,
  floatDType,
  type Options,
  share,
  type Values,
  whole,
} from '../options.js'
import { alongAxis } from '../random/batch-rows.js'
import { type Generator, generatorOption } from '../random/generator.js'
import type { Tensor } from '../tensor/tensor.js'
import { Dropout } from './dropout.js'
import { LayerNorm } from './layer-norm.js'
import { Linear } from './linear.js'
import { MultiheadAttention } from './multihead-attention.js'

export interface TransformerLayerOptions {
  /** Features between the two linear layers. Default 2048. */
  dimFeedforward?: number
  /** Probability of a zero, in training: of the weights of attention, and wherever a part ends. Default 0.1. */
  dropout?: number
  /** Between the two linear layers; `gelu` is the exact one. Default `relu`. */
  activation?: 'relu' | 'gelu'
  /** Added to the variances. Default 1e-5. */
  layerNormEps?: number
  /** Whether inputs and output are (N, T, …) instead of (T, N, …). Default false. */
  batchFirst?: boolean
  /** Whether each part is normalised before it, not after it is added. Default false. */
  normFirst?: boolean
  /** Whether linear layers, projections and norms have biases. Default true. */
  bias?: boolean
  /** Default `float32`. */
  dtype?: FloatDType
  /** Draws the initial parameters and what is dropped. Default: the default generator. */
  generator?: Generator
}

export const TRANSFORMER_LAYER = {
  dimFeedforward: whole(1, 2048),
  dropout: share(0.1),
  activation: choice(['relu', 'gelu'], 'relu'),
  layerNormEps: atLeast(0, 1e-5),
  batchFirst: flag(false),
  normFirst: flag(false),
  bias: flag(true),
  dtype: floatDType(),
  generator: generatorOption,
} satisfies Options<TransformerLayerOptions>

/** Makes the parts of a layer. */
export class TransformerParts {
  constructor(
    readonly dModel: number,
    readonly nhead: number,
    readonly options: Values<typeof TRANSFORMER_LAYER>,
  ) {}

  attention(): MultiheadAttention {
    const { dropout, batchFirst, bias, dtype, generator } = this.options
    const options = { dropout, batchFirst, bias, dtype, generator }
    return new MultiheadAttention(this.dModel, this.nhead, options)
  }

  linear(inFeatures: number, outFeatures: number): Linear {
    const { bias, dtype, generator } = this.options
    return new Linear(inFeatures, outFeatures, { bias, dtype, generator })
  }

  dropout(): Dropout {
    const { dropout, generator } = this.options
    return new Dropout(dropout, { generator })
  }

  norm(): LayerNorm {
    const { layerNormEps: eps, bias, dtype } = this.options
    return new LayerNorm(this.dModel, { eps, bias, dtype })
  }
}

interface LayerParts {
  readonly linear1: Linear
  readonly dropout: Dropout
  readonly linear2: Linear
  readonly norm1: LayerNorm
  readonly self_attn: MultiheadAttention
  readonly activation: 'relu' | 'gelu'
  readonly normFirst: boolean
  readonly generator: Generator | undefined
}

/** What a layer was made with, but for its sizes. */
export function layerOptions(layer: LayerParts) {
  const { linear1, dropout, norm1, self_attn, activation, normFirst } = layer
  return {
    dimFeedforward: linear1.outFeatures,
    dropout: dropout.p,
    activation,
    layerNormEps: norm1.eps,
    batchFirst: self_attn.batchFirst,
    normFirst,
    bias: linear1.bias !== null,
    dtype: linear1.weight.dtype,
  }
}

/** Drops of (T, N, …), or (N, T, …). */
function dropped({ self_attn: { batchFirst } }: LayerParts, dropout: Dropout, x: Tensor): Tensor {
  if (x.ndim !== 3) return dropout.forward(x)
  return alongAxis(batchFirst ? 0 : 1, () => dropout.forward(x))
}

/** A part with its input beside it: norm(x + dropout(part(x))), or x + dropout(part(norm(x))). */
export function besidePart(
  layer: LayerParts,
  x: Tensor,
  norm: LayerNorm,
  dropout: Dropout,
  part: (x: Tensor) => Tensor,
): Tensor {
  if (layer.normFirst) return add(x, dropped(layer, dropout, part(norm.forward(x))))
  return norm.forward(add(x, dropped(layer, dropout, part(x))))
}

/** linear2(dropout(activation(linear1(x)))) */
export function feedForward(layer: LayerParts, x: Tensor): Tensor {
  const { linear1, dropout, linear2, activation } = layer
  const hidden = linear1.forward(x)
  const activated = activation === 'relu' ? relu(hidden) : gelu(hidden)
  return linear2.forward(dropped(layer, dropout, activated))
}
