import { checkArguments } from '../check.js'
import { flag, floatDType, type Options, readOptions } from '../options.js'
import { type Generator, generatorOption } from '../random/generator.js'
import type { FloatDType } from '../kernels/dtype.js'
import { empty, type Tensor } from '../tensor/tensor.js'
import { checkParameters, FeaturePlan, otherDtype } from './feature-plan.js'
import {
  linearGradBias,
  linearGradInput,
  linearGradWeight,
  linearOutput,
} from './functional/linear.js'
import { kaimingUniform_, uniform_ } from './init/index.js'
import { markBuiltIn } from './built-in.js'
import { Layer } from './layer.js'
import { Parameter } from './parameter.js'

export interface LinearOptions {
  /** Whether a bias is added. Default true. */
  bias?: boolean
  /** Default `float32`. */
  dtype?: FloatDType
  /** Draws the initial parameters. Default: the default generator. */
  generator?: Generator
}

export const LINEAR = {
  bias: flag(true),
  dtype: floatDType(),
  generator: generatorOption,
} satisfies Options<LinearOptions>

/**
 * y = x W^T + b.
 *
 * Shapes: input (…, inFeatures), output (…, outFeatures); weight (outFeatures, inFeatures), bias
 * (outFeatures).
 *
 * Initialisation: weight and bias uniform in ±1 / sqrt(inFeatures).
 *
 * @example
 * new nn.Linear(784, 128).forward(randn([64, 784])).shape // [64, 128]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
 */
export class Linear extends Layer {
  static {
    markBuiltIn(this, ({ inFeatures, outFeatures, weight, bias }) => [
      inFeatures,
      outFeatures,
      { bias: bias !== null, dtype: weight.dtype },
    ])
  }

  weight: Parameter
  bias: Parameter | null
  readonly #plan: FeaturePlan
  // Those whose shapes were checked.
  #weight: Parameter | null = null
  #bias: Parameter | null = null

  /**
   * @throws ValueError when a size is not a whole number ≥ 0.
   */
  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: LinearOptions = {},
  ) {
    checkArguments(new.target.name, 3, arguments)
    super()
    this.#plan = new FeaturePlan(this.constructor.name, inFeatures, outFeatures)
    const { bias, dtype, generator } = readOptions(this.constructor.name, LINEAR, options)
    this.weight = new Parameter(empty([outFeatures, inFeatures], dtype))
    this.bias = bias ? new Parameter(empty([outFeatures], dtype)) : null
    this.resetParameters(generator)
  }

  /** Draws the parameters anew. */
  resetParameters(generator?: Generator): void {
    kaimingUniform_(this.weight, { a: Math.sqrt(5), generator })
    if (this.bias === null) return
    const bound = this.inFeatures > 0 ? 1 / Math.sqrt(this.inFeatures) : 0
    uniform_(this.bias, -bound, bound, { generator })
  }

  protected override computeOutput(input: Tensor): Tensor {
    const { weight, bias } = this
    if (weight !== this.#weight || bias !== this.#bias) this.#takeParameters(weight, bias)
    this.#plan.take(this, input.shape)
    if (input.dtype !== weight.dtype) throw otherDtype(this, input, weight)
    return linearOutput(input, this.factor(), bias, this.#plan)
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    return linearGradInput(input, gradOutput, this.factor())
  }

  protected override updateGradParameters(input: Tensor, gradOutput: Tensor): void {
    const { weight, bias } = this
    if (weight.requiresGrad) this.updateGradWeight(input, gradOutput)
    if (bias !== null && bias.requiresGrad) linearGradBias(input, gradOutput, bias)
  }

  /** What inputs are multiplied by. */
  protected factor(): Tensor {
    return this.weight
  }

  protected updateGradWeight(input: Tensor, gradOutput: Tensor): void {
    const { weight } = this
    linearGradWeight(input, gradOutput, weight.gradTarget(), weight.gradBeta)
    weight.keepGrad()
  }

  override multiplyAdds(_input: Tensor, output: Tensor): number {
    return output.length * this.inFeatures
  }

  override extraRepr(): string {
    const bias = this.bias === null ? ', bias=false' : ''
    return `${this.inFeatures}, ${this.outFeatures}${bias}`
  }

  /** Users may put other parameters in, to share them say. */
  #takeParameters(weight: Parameter, bias: Parameter | null): void {
    const { inFeatures, outFeatures } = this
    checkParameters(this, {
      weight: [weight, [outFeatures, inFeatures]],
      bias: [bias, [outFeatures]],
    })
    this.#weight = weight
    this.#bias = bias
  }
}
