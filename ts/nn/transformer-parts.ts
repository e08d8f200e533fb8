// What the layers of a transformer are made of, and copies of them.
import { complaint, ValueError } from '../errors.js'
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
import { defaultGenerator, Generator, generatorOption } from '../random/generator.js'
import type { Tensor } from '../tensor/tensor.js'
import { constructorArguments } from './built-in.js'
import { Dropout } from './dropout.js'
import { LayerNorm } from './layer-norm.js'
import { Linear } from './linear.js'
import { Module } from './module.js'
import type { ModuleTree } from './module-tree.js'
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

/** A part with its input beside it: norm(x + dropout(part(x))), or x + dropout(part(norm(x))). */
export function besidePart(
  { normFirst }: LayerParts,
  x: Tensor,
  norm: LayerNorm,
  dropout: Dropout,
  part: (x: Tensor) => Tensor,
): Tensor {
  if (normFirst) return add(x, dropout.forward(part(norm.forward(x))))
  return norm.forward(add(x, dropout.forward(part(x))))
}

/** linear2(dropout(activation(linear1(x)))) */
export function feedForward(layer: LayerParts, x: Tensor): Tensor {
  const { linear1, dropout, linear2, activation } = layer
  const hidden = linear1.forward(x)
  return linear2.forward(dropout.forward(activation === 'relu' ? relu(hidden) : gelu(hidden)))
}

/**
 * The layers of a stack: those of a list, or copies of one, which begin with its numbers.
 *
 * @throws ValueError for what is no module, or no layer that can be copied.
 */
export function stackOf<M extends ModuleTree<Module>>(
  who: string,
  given: M | readonly M[],
  count: number | undefined,
): M[] {
  if (Array.isArray(given)) {
    const layers = given as M[]
    layers.forEach((layer, i) => {
      checkModule(who, `layer ${i}`, layer)
    })
    if (count === undefined || count === layers.length) return [...layers]
    const expected = `${layers.length}, as many as there are, or left out`
    throw new ValueError(complaint(who, 'numLayers', expected, count))
  }
  const layer = given as M
  checkModule(who, 'the layer', layer)
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0) {
    throw new ValueError(complaint(who, 'numLayers', 'a whole number of at least 0', count))
  }
  return Array.from({ length: count }, () => copyOf(who, layer))
}

/** @throws ValueError for a layer that comes twice: its keys of both places would be one sequence. */
export function checkCached(who: string, layers: readonly object[], cache: unknown): void {
  if (cache === null || new Set(layers).size === layers.length) return
  const expected = 'null where a layer stands in several places'
  throw new ValueError(complaint(who, 'cache', expected, cache))
}

export function checkModule(who: string, what: string, module: unknown): void {
  if (module instanceof Module) return
  throw new ValueError(complaint(who, what, 'a Module', module))
}

function copyOf<M extends ModuleTree<Module>>(who: string, layer: M): M {
  const args = constructorArguments(layer)
  const { generator } = layer as { generator?: unknown }
  const own = generator instanceof Generator ? generator : undefined
  const copy = args === null ? null : remade(layer, [...args], own)
  if (copy === null || copy.toString() !== layer.toString()) {
    const hint = 'give a list of as many layers: [make(), make()]'
    const expected = 'one of the library as its constructor makes it, which can be copied'
    throw new ValueError(complaint(who, 'the layer', expected, layer.describe(), hint))
  }
  copy.loadStateDict(layer.stateDict())
  const modules = layer.modules()
  copy.modules().forEach((module, i) => {
    module.training = modules[i]!.training
  })
  const parameters = layer.parameters()
  copy.parameters().forEach((parameter, i) => {
    parameter.requiresGrad = parameters[i]!.requiresGrad
  })
  return copy
}

/** One of the same class and options. What draws is afterwards as before. */
function remade<M extends ModuleTree<Module>>(
  layer: M,
  args: unknown[],
  generator: Generator | undefined,
): M {
  const constructor = layer.constructor as new (...args: unknown[]) => M
  const drawing = generator ?? defaultGenerator
  const state = drawing.getState()
  const options: unknown = args.at(-1)
  if (generator !== undefined) args[args.length - 1] = { ...(options as object), generator }
  try {
    return new constructor(...args)
  } finally {
    drawing.setState(state)
  }
}
