import { complaint, DTypeError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import type { Generator } from '../random/generator.js'
import type { FloatDType } from '../kernels/dtype.js'
import { empty, type Shape, type Tensor } from '../tensor/tensor.js'
import { allocate, sameShape } from '../tensor/workspace.js'
import { type ConvPlan, keepPadded, planConv } from './conv-plan.js'
import type { ConvSettings, ConvTransposeSettings, PaddingMode } from './conv-settings.js'
import { convGradBias, convGradWeight, convolve, convolveBack } from './functional/conv.js'
import { kaimingUniform_, uniform_ } from './init/index.js'
import { Layer } from './layer.js'
import { formatPair } from './pair.js'
import { Parameter } from './parameter.js'

/** What parameters are made with. */
export interface ParameterOptions {
  readonly bias: boolean
  readonly dtype: FloatDType | undefined
  readonly generator: Generator | undefined
}

/** What all convolutions are made with. */
export function convArguments<Size, Padding>(layer: {
  readonly stride: Size
  readonly padding: Padding
  readonly dilation: Size
  readonly groups: number
  readonly weight: Parameter
  readonly bias: Parameter | null
}) {
  const { stride, padding, dilation, groups, weight, bias } = layer
  return { stride, padding, dilation, groups, bias: bias !== null, dtype: weight.dtype }
}

/** The arguments of a convolution as messages show them. */
export function convRepr(settings: ConvSettings | ConvTransposeSettings, bias: boolean): string {
  const { rank, inChannels, outChannels, kernelSize, stride, padding, dilation } = settings
  const parts = [
    `${inChannels}, ${outChannels}`,
    `kernelSize=${formatPair(kernelSize, rank)}`,
    `stride=${formatPair(stride, rank)}`,
  ]
  if (typeof padding === 'string') parts.push(`padding=${padding}`)
  else if (padding[0] !== 0 || padding[1] !== 0) {
    parts.push(`padding=${formatPair(padding, rank)}`)
  }
  if (dilation[0] !== 1 || dilation[1] !== 1) parts.push(`dilation=${formatPair(dilation, rank)}`)
  if ('outputPadding' in settings) {
    const { outputPadding } = settings
    if (outputPadding[0] !== 0 || outputPadding[1] !== 0) {
      parts.push(`outputPadding=${formatPair(outputPadding, rank)}`)
    }
  }
  if (settings.groups !== 1) parts.push(`groups=${settings.groups}`)
  if (!bias) parts.push('bias=false')
  if ('paddingMode' in settings && settings.paddingMode !== 'zeros') {
    parts.push(`paddingMode=${settings.paddingMode}`)
  }
  return parts.join(', ')
}

/** What convolutions and transposed ones share: parameters, plans and how they print. */
export abstract class AnyConvLayer<
  Settings extends ConvSettings | ConvTransposeSettings,
> extends Layer {
  weight: Parameter
  bias: Parameter | null
  readonly inChannels: number
  readonly outChannels: number
  readonly groups: number
  readonly #settings: Settings
  #inputShape: Shape | null = null
  #plan: ConvPlan | null = null

  constructor(
    settings: Settings,
    weightShape: Shape,
    { bias, dtype, generator }: ParameterOptions,
  ) {
    super()
    this.#settings = settings
    this.inChannels = settings.inChannels
    this.outChannels = settings.outChannels
    this.groups = settings.groups
    const { rank, kernelSize } = settings
    const kernel = rank === 2 ? kernelSize : kernelSize.slice(1)
    this.weight = new Parameter(empty([...weightShape, ...kernel], dtype))
    this.bias = bias ? new Parameter(empty([settings.outChannels], dtype)) : null
    this.resetParameters(generator)
  }

  /** Draws the parameters anew. */
  resetParameters(generator?: Generator): void {
    kaimingUniform_(this.weight, { a: Math.sqrt(5), generator })
    if (this.bias === null) return
    const bound = 1 / Math.sqrt(this.weight.length / this.weight.shape[0]!)
    uniform_(this.bias, -bound, bound, { generator })
  }

  protected abstract plan(who: string, settings: Settings, shape: Shape): ConvPlan

  /** What depends on the input's shape alone, kept until another shape comes. */
  protected planOf(input: Tensor): ConvPlan {
    let plan = this.#plan
    if (plan === null || !sameShape(input.shape, this.#inputShape!)) {
      plan = this.plan(this.describe(), this.#settings, input.shape)
      this.#plan = plan
      this.#inputShape = input.shape
    }
    if (input.dtype !== this.weight.dtype) throw this.#otherDtype(input)
    return plan
  }

  /** What inputs are convolved with. */
  protected factor(): Tensor {
    return this.weight
  }

  /** output = convolution of `input` with the factor, + bias. */
  protected convolve(input: Tensor, bias: Tensor | null, output: Tensor, plan: ConvPlan): void {
    convolve(input, this.factor(), bias, output, plan)
  }

  /** Adds to the gradient of the weight that of `convolve`. */
  protected updateGradWeight(input: Tensor, gradOutput: Tensor, plan: ConvPlan): void {
    const { weight } = this
    if (!weight.requiresGrad) return
    convGradWeight(input, gradOutput, plan, weight.gradTarget(), weight.gradBeta)
    weight.keepGrad()
  }

  /** @param spatial Elements of a channel of the layer's output. */
  protected updateGradBias(gradOutput: Tensor, plan: ConvPlan, spatial: number): void {
    const { bias } = this
    if (bias !== null && bias.requiresGrad) convGradBias(gradOutput, plan, spatial, bias)
  }

  override extraRepr(): string {
    return convRepr(this.#settings, this.bias !== null)
  }

  #otherDtype(input: Tensor): DTypeError {
    return new DTypeError(
      complaint(
        this.describe(),
        'input',
        `${this.weight.dtype} as the weight is`,
        input.dtype,
        `use input.to('${this.weight.dtype}')`,
      ),
    )
  }
}

/** Convolutions of images, and of sequences as images of one row. */
export abstract class ConvLayer extends AnyConvLayer<ConvSettings> {
  readonly paddingMode: PaddingMode

  constructor(settings: ConvSettings, options: ParameterOptions) {
    super(settings, [settings.outChannels, settings.inChannels / settings.groups], options)
    this.paddingMode = settings.paddingMode
  }

  protected override plan(who: string, settings: ConvSettings, shape: Shape): ConvPlan {
    return planConv(who, settings, shape)
  }

  protected override computeOutput(input: Tensor): Tensor {
    const plan = this.planOf(input)
    const output = allocate(plan.outputShape, input.dtype)
    this.convolve(keepPadded(this.pass, input, plan), this.bias, output, plan)
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const plan = this.planOf(input)
    const gradInput = allocate(input.shape, input.dtype)
    if (plan.pad === null) {
      convolveBack(gradOutput, this.factor(), null, gradInput, plan)
    } else {
      const gradPadded = this.pass.keep('gradPadded', plan.pad.paddedShape, input.dtype)
      convolveBack(gradOutput, this.factor(), null, gradPadded, plan)
      kernels().pad2dGradient({
        gradOut: gradPadded,
        gradX: gradInput,
        geometry: plan.pad.geometry,
        mode: plan.pad.mode,
      })
    }
    return gradInput
  }

  protected override updateGradParameters(input: Tensor, gradOutput: Tensor): void {
    const plan = this.planOf(input)
    const { outHeight, outWidth } = plan.geometry
    this.updateGradWeight(this.pass.kept('padded') ?? input, gradOutput, plan)
    this.updateGradBias(gradOutput, plan, outHeight * outWidth)
  }

  override multiplyAdds(_input: Tensor, output: Tensor): number {
    return output.length * (this.weight.length / this.outChannels)
  }
}
