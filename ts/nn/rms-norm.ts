import { checkArguments } from '../check.js'
import type { FloatDType } from '../kernels/dtype.js'
import { kernels } from '../kernels/backend.js'
import { flag, floatDType, type Options, readOptions } from '../options.js'
import { ones } from '../tensor/create.js'
import { formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import { normalizedSizes } from './functional/layer-norm.js'
import { RMS_NORM, rmsNorm } from './functional/rms-norm.js'
import { Module } from './module.js'
import { Parameter } from './parameter.js'

export interface RMSNormOptions {
  /** Added to the mean of squares. Default: the distance from 1 to the next number of the input's dtype. */
  eps?: number | null
  /** Whether there is a weight to train. Default true. */
  elementwiseAffine?: boolean
  /** Default `float32`. */
  dtype?: FloatDType
}

const OPTIONS = {
  ...RMS_NORM,
  elementwiseAffine: flag(true),
  dtype: floatDType(),
} satisfies Options<RMSNormOptions>

/**
 * x / sqrt(mean(x²) + eps) * weight over the last dimensions of each sample.
 *
 * Shapes: input (…, normalizedShape), output the same; weight (normalizedShape).
 *
 * Initialisation: weight 1.
 *
 * Forward throws ShapeError for an input that does not end in normalizedShape.
 *
 * @example
 * new nn.RMSNorm(64).forward(randn([8, 10, 64])).shape // [8, 10, 64]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html
 */
export class RMSNorm extends Module {
  static {
    markBuiltIn(this, ({ normalizedShape, eps, elementwiseAffine, weight }) => [
      normalizedShape,
      { eps, elementwiseAffine, dtype: weight?.dtype },
    ])
  }

  weight: Parameter | null
  readonly normalizedShape: Shape
  readonly eps: number | null
  readonly elementwiseAffine: boolean

  /**
   * @param normalizedShape The last dimensions, or the last one alone.
   * @throws ValueError when a size is not a whole number ≥ 1 or eps is negative.
   */
  constructor(normalizedShape: number | readonly number[], options: RMSNormOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super()
    const { eps, elementwiseAffine, dtype } = readOptions('RMSNorm', OPTIONS, options)
    this.normalizedShape = normalizedSizes('RMSNorm', normalizedShape)
    this.eps = eps ?? null
    this.elementwiseAffine = elementwiseAffine
    this.weight = elementwiseAffine ? new Parameter(ones(this.normalizedShape, { dtype })) : null
  }

  /** Sets weight to 1. */
  resetParameters(): void {
    const { weight } = this
    if (weight !== null) kernels().fill({ y: weight, n: weight.length, value: 1 })
  }

  override forward(input: Tensor): Tensor {
    return rmsNorm(input, this.normalizedShape, this.weight, { eps: this.eps })
  }

  override extraRepr(): string {
    const { normalizedShape, eps, elementwiseAffine } = this
    return `${formatShape(normalizedShape)}, eps=${eps}, elementwiseAffine=${elementwiseAffine}`
  }
}
