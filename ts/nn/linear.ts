import { checkArguments } from '../check.js'
import { kernels } from '../kernels/backend.js'
import { ReduceKind } from '../kernels/kernels.js'
import { flag, floatDType, type Options, readOptions } from '../options.js'
import { type Generator, generatorOption } from '../random/generator.js'
import type { FloatDType } from '../kernels/dtype.js'
import { empty, type Tensor } from '../tensor/tensor.js'
import { allocate } from '../tensor/workspace.js'
import { checkParameters, FeaturePlan, leadingSize, otherDtype } from './feature-plan.js'
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
    const output = allocate(this.#plan.outputShape, weight.dtype)
    kernels().matmul({
      a: input,
      b: this.factor(),
      out: output,
      m: this.#plan.rows,
      n: this.outFeatures,
      k: this.inFeatures,
      transposeB: true,
      bias,
    })
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const gradInput = allocate(input.shape, input.dtype)
    const rows = leadingSize(input.shape)
    kernels().matmul({
      a: gradOutput,
      b: this.factor(),
      out: gradInput,
      m: rows,
      n: this.inFeatures,
      k: this.outFeatures,
    })
    return gradInput
  }

  protected override updateGradParameters(input: Tensor, gradOutput: Tensor): void {
    const { weight, bias, outFeatures } = this
    if (weight.requiresGrad) this.updateGradWeight(input, gradOutput)
    if (bias !== null && bias.requiresGrad) {
      const rows = leadingSize(input.shape)
      const grad = bias.gradTarget()
      kernels().reduce({
        kind: ReduceKind.sum,
        x: gradOutput,
        out: grad,
        outer: 1,
        n: rows,
        inner: outFeatures,
        beta: bias.gradBeta,
      })
      bias.keepGrad()
    }
  }

  /** What inputs are multiplied by. */
  protected factor(): Tensor {
    return this.weight
  }

  protected updateGradWeight(input: Tensor, gradOutput: Tensor): void {
    const { weight } = this
    this.computeGradFactor(input, gradOutput, weight.gradTarget(), weight.gradBeta)
    weight.keepGrad()
  }

  /** target = gradient by the factor + beta * target. */
  protected computeGradFactor(
    input: Tensor,
    gradOutput: Tensor,
    target: Tensor,
    beta: 0 | 1,
  ): void {
    const { inFeatures, outFeatures } = this
    const rows = leadingSize(input.shape)
    kernels().matmul({
      a: gradOutput,
      b: input,
      out: target,
      m: outFeatures,
      n: inFeatures,
      k: rows,
      transposeA: true,
      beta,
    })
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
