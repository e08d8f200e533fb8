import { checkArguments } from '../check.js'
import { complaint, DTypeError } from '../errors.js'
import { atLeast, flag, floatDType, type Options, readOptions } from '../options.js'
import { checkFloat, ones, zeros } from '../tensor/create.js'
import type { FloatDType } from '../kernels/dtype.js'
import { formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import {
  checkNormalized,
  LAYER_NORM_BODY,
  type LayerNormSizes,
  normalizedSizes,
} from './functional/layer-norm.js'
import { ones_, zeros_ } from './init/fill.js'
import { Layer } from './layer.js'
import { Parameter } from './parameter.js'

export interface LayerNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number
  /** Whether there are a weight and a bias to train. Default true. */
  elementwiseAffine?: boolean
  /** Whether there is a bias beside the weight. Default true. */
  bias?: boolean
  /** Default `float32`. */
  dtype?: FloatDType
}

const OPTIONS = {
  eps: atLeast(0, 1e-5),
  elementwiseAffine: flag(true),
  bias: flag(true),
  dtype: floatDType(),
} satisfies Options<LayerNormOptions>

/**
 * Layer normalisation: over the last dimensions of each sample
 *
 * y = (x - mean) / sqrt(var + eps) * weight + bias
 *
 * with the mean and the biased variance of these dimensions, in training and evaluation alike.
 *
 * Shapes: input (…, normalizedShape), output the same; weight and bias (normalizedShape).
 *
 * Initialisation: weight 1, bias 0.
 *
 * Forward throws ShapeError for an input that does not end in normalizedShape.
 *
 * @example
 * new nn.LayerNorm(64).forward(randn([8, 10, 64])).shape // [8, 10, 64]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html
 */
export class LayerNorm extends Layer {
  static {
    markBuiltIn(this, ({ normalizedShape, eps, elementwiseAffine, weight, bias }) => [
      normalizedShape,
      { eps, elementwiseAffine, bias: bias !== null, dtype: weight?.dtype },
    ])
  }

  weight: Parameter | null
  bias: Parameter | null
  readonly normalizedShape: Shape
  readonly eps: number
  readonly elementwiseAffine: boolean
  readonly #sizes: LayerNormSizes

  /**
   * @param normalizedShape The last dimensions, or the last one alone.
   * @throws ValueError when a size is not a whole number ≥ 1 or eps is negative.
   */
  constructor(normalizedShape: number | readonly number[], options: LayerNormOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super()
    const { eps, elementwiseAffine, bias, dtype } = readOptions('LayerNorm', OPTIONS, options)
    const shape = normalizedSizes('LayerNorm', normalizedShape)
    this.normalizedShape = shape
    this.eps = eps
    this.elementwiseAffine = elementwiseAffine
    this.#sizes = { cols: shape.reduce((product, size) => product * size, 1), eps }
    this.weight = elementwiseAffine ? new Parameter(ones(shape, { dtype })) : null
    this.bias = elementwiseAffine && bias ? new Parameter(zeros(shape, { dtype })) : null
  }

  /** Sets weight to 1 and bias to 0. */
  resetParameters(): void {
    if (this.weight !== null) ones_(this.weight)
    if (this.bias !== null) zeros_(this.bias)
  }

  protected override computeOutput(input: Tensor): Tensor {
    this.#check(input)
    return LAYER_NORM_BODY.output(input, this.weight, this.bias, this.#sizes, this.pass)
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    return LAYER_NORM_BODY.gradInput(input, gradOutput, this.weight, this.#sizes, this.pass)
  }

  protected override updateGradParameters(input: Tensor, gradOutput: Tensor): void {
    const weight = this.weight?.requiresGrad === true ? this.weight : null
    const bias = this.bias?.requiresGrad === true ? this.bias : null
    if (weight === null && bias === null) return
    LAYER_NORM_BODY.gradParameters(input, gradOutput, weight, bias, this.#sizes, this.pass)
  }

  override extraRepr(): string {
    const bias = this.elementwiseAffine && this.bias === null ? ', bias=false' : ''
    return (
      `${formatShape(this.normalizedShape)}, eps=${this.eps}, ` +
      `elementwiseAffine=${this.elementwiseAffine}${bias}`
    )
  }

  #check({ shape, dtype }: Tensor): void {
    const own = this.weight?.dtype
    if (own === undefined) checkFloat(this.describe(), 'input', dtype)
    else if (dtype !== own) {
      throw new DTypeError(
        complaint(
          this.describe(),
          'input',
          `${own} as the weight is`,
          dtype,
          `use input.to('${own}')`,
        ),
      )
    }
    checkNormalized(() => this.describe(), shape, this.normalizedShape)
  }
}
