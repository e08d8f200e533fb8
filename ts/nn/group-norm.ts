import { checkArguments } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { atLeast, flag, floatDType, type Options, readOptions, type Values } from '../options.js'
import { checkFloat, ones, zeros } from '../tensor/create.js'
import type { FloatDType } from '../kernels/dtype.js'
import { formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import { GROUP_NORM_BODY, type GroupNormSizes } from './functional/group-norm.js'
import { ones_, zeros_ } from './init/fill.js'
import { Layer } from './layer.js'
import { Parameter } from './parameter.js'

export interface GroupNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number
  /** Whether there are a weight and a bias to train. Default true. */
  affine?: boolean
  /** Default `float32`. */
  dtype?: FloatDType
}

export const GROUP_NORM = {
  eps: atLeast(0, 1e-5),
  affine: flag(true),
  dtype: floatDType(),
} satisfies Options<GroupNormOptions>

/** Normalisation of groups of channels of each sample. */
export abstract class GroupedNorm extends Layer {
  weight: Parameter | null
  bias: Parameter | null
  readonly eps: number
  readonly affine: boolean
  readonly #sizes: GroupNormSizes

  protected constructor(
    groups: number,
    channels: number,
    { eps, affine, dtype }: Values<typeof GROUP_NORM>,
  ) {
    super()
    this.eps = eps
    this.affine = affine
    this.#sizes = { groups, channels, eps }
    this.weight = affine ? new Parameter(ones([channels], { dtype })) : null
    this.bias = affine ? new Parameter(zeros([channels], { dtype })) : null
  }

  /** Sets weight to 1 and bias to 0. */
  resetParameters(): void {
    if (this.weight !== null) ones_(this.weight)
    if (this.bias !== null) zeros_(this.bias)
  }

  /** Throws unless the shape is accepted. */
  protected abstract checkShape(shape: Shape): void

  protected override computeOutput(input: Tensor): Tensor {
    this.#checkDtype(input)
    this.checkShape(input.shape)
    return GROUP_NORM_BODY.output(input, this.weight, this.bias, this.#sizes, this.pass)
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    return GROUP_NORM_BODY.gradInput(input, gradOutput, this.weight, this.#sizes, this.pass)
  }

  protected override updateGradParameters(input: Tensor, gradOutput: Tensor): void {
    const weight = this.weight?.requiresGrad === true ? this.weight : null
    const bias = this.bias?.requiresGrad === true ? this.bias : null
    if (weight === null && bias === null) return
    GROUP_NORM_BODY.gradParameters(input, gradOutput, weight, bias, this.#sizes, this.pass)
  }

  #checkDtype({ dtype }: Tensor): void {
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
  }
}

/**
 * Group normalisation: for each of numGroups groups of channels of a sample
 *
 * y = (x - mean) / sqrt(var + eps) * weight + bias
 *
 * with the mean and the biased variance of the group, in training and evaluation alike.
 *
 * Shapes: input (batch, numChannels, …), output the same; weight and bias (numChannels).
 *
 * Initialisation: weight 1, bias 0. Affine by default.
 *
 * Forward throws ShapeError for another shape.
 *
 * @example
 * new nn.GroupNorm(4, 16).forward(randn([8, 16, 28, 28])).shape // [8, 16, 28, 28]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html
 */
export class GroupNorm extends GroupedNorm {
  static {
    markBuiltIn(this, ({ numGroups, numChannels, eps, affine, weight }) => [
      numGroups,
      numChannels,
      { eps, affine, dtype: weight?.dtype },
    ])
  }

  /** @throws ValueError when numGroups does not divide numChannels or an argument is not in its range. */
  constructor(
    readonly numGroups: number,
    readonly numChannels: number,
    options: GroupNormOptions = {},
  ) {
    checkArguments(new.target.name, 3, arguments)
    for (const [name, size] of Object.entries({ numGroups, numChannels })) {
      if (!Number.isInteger(size) || size < 1) {
        const expected = 'a whole number of at least 1'
        throw new ValueError(complaint('GroupNorm', name, expected, size))
      }
    }
    if (numChannels % numGroups !== 0) {
      const expected = `a divisor of the ${numChannels} channels`
      throw new ValueError(complaint('GroupNorm', 'numGroups', expected, numGroups))
    }
    super(numGroups, numChannels, readOptions('GroupNorm', GROUP_NORM, options))
  }

  protected override checkShape(shape: Shape): void {
    if (shape.length >= 2 && shape[1] === this.numChannels) return
    const expected = `shape (batch, ${this.numChannels}, …)`
    throw new ShapeError(
      complaint(this.describe(), 'input', expected, `shape ${formatShape(shape)}`),
    )
  }

  override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}, eps=${this.eps}, affine=${this.affine}`
  }
}
