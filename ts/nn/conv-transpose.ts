import type { Shape, Tensor } from '../tensor/tensor.js'
import { allocate } from '../tensor/workspace.js'
import { AnyConvLayer, type ParameterOptions } from './conv.js'
import type { ConvPlan } from './conv-plan.js'
import type { ConvTransposeSettings } from './conv-settings.js'
import { planConvTranspose } from './conv-transpose-plan.js'
import { convolveBack } from './functional/conv.js'

/**
 * Transposed convolutions of images, and of sequences as images of one row: the passes of the
 * convolution that leads from the output to the input, with forward and gradient by the input in each
 * other's place.
 */
export abstract class ConvTransposeLayer extends AnyConvLayer<ConvTransposeSettings> {
  constructor(settings: ConvTransposeSettings, options: ParameterOptions) {
    super(settings, [settings.inChannels, settings.outChannels / settings.groups], options)
  }

  protected override plan(who: string, settings: ConvTransposeSettings, shape: Shape): ConvPlan {
    return planConvTranspose(who, settings, shape)
  }

  protected override computeOutput(input: Tensor): Tensor {
    const plan = this.planOf(input)
    const output = allocate(plan.outputShape, input.dtype)
    convolveBack(input, this.factor(), this.bias, output, plan)
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const gradInput = allocate(input.shape, input.dtype)
    this.convolve(gradOutput, null, gradInput, this.planOf(input))
    return gradInput
  }

  protected override updateGradParameters(input: Tensor, gradOutput: Tensor): void {
    const plan = this.planOf(input)
    const { inHeight, inWidth } = plan.geometry
    this.updateGradWeight(gradOutput, input, plan)
    this.updateGradBias(gradOutput, plan, inHeight * inWidth)
  }

  override multiplyAdds(input: Tensor): number {
    return input.length * (this.weight.length / this.inChannels)
  }
}
