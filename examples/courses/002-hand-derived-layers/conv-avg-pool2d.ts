import { type FloatDType, nn, type Tensor, zeros } from '../../../ts/index.js'

/**
 * The document's second task: the mean over windows of size K at stride K, by a convolution whose
 * weight is fixed. A channel's kernel is 1 / K² on the channel itself and 0 on the others.
 *
 * The frozen weight gets no gradient and no optimizer touches it, but it is part of the state dict and
 * of `summary`. As in the document the layer reports no parameters.
 */
export class ConvAvgPool2d extends nn.Module {
  readonly conv: nn.Conv2d

  constructor(
    readonly channels: number,
    readonly K: number,
    dtype: FloatDType = 'float32',
  ) {
    super()
    this.conv = new nn.Conv2d(channels, channels, K, { stride: K, bias: false, dtype })
    this.conv.weight = this.initWeight(dtype)
  }

  /** Weight of shape (channels, channels, K, K). */
  initWeight(dtype: FloatDType): nn.Parameter {
    const { channels, K } = this
    const weight = zeros([channels, channels, K, K], { dtype })
    for (let i = 0; i < channels; i++) {
      weight
        .select(0, i)
        .select(0, i)
        .data.fill(1 / K ** 2)
    }
    return new nn.Parameter(weight, { requiresGrad: false })
  }

  override parameters(): nn.Parameter[] {
    return []
  }

  protected override computeOutput(input: Tensor): Tensor {
    return this.conv.forward(input)
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    return this.conv.backward(input, gradOutput)
  }

  override extraRepr(): string {
    return `${this.channels}, ${this.K}`
  }
}
