import { complaint, DTypeError, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { Conv2dAlgorithm } from '../kernels/conv2d.js'
import { ActivationKind } from '../kernels/kernels.js'
import type { Generator } from '../random/generator.js'
import type { FloatDType } from '../tensor/dtype.js'
import { empty, type Shape, type Tensor } from '../tensor/tensor.js'
import { allocate, sameShape } from '../tensor/workspace.js'
import { type Conv2dPlan, planConv2d } from './conv2d-plan.js'
import { kaimingUniform_, uniform_ } from './init/index.js'
import { Layer, markBuiltIn } from './layer.js'
import { formatPair, type Pair, pairOf } from './pair.js'
import { Parameter } from './parameter.js'

export interface Conv2dOptions {
  /** Default 1. */
  stride?: Pair
  /**
   * Rows and columns of zeros on each side; `'valid'`: none; `'same'`: as many as the output of stride
   * 1 needs to be as large as the input, of which an odd one goes after. Default 0.
   */
  padding?: Pair | 'valid' | 'same'
  /** Distance of the kernel's elements. Default 1. */
  dilation?: Pair
  /** Groups of channels that do not see each other; inChannels of them: depthwise. Default 1. */
  groups?: number
  /** Whether a bias is added. Default true. */
  bias?: boolean
  /** Default `float32`. */
  dtype?: FloatDType
  /** Draws the initial parameters. Default: the default generator. */
  generator?: Generator
}

const NAMED_PADDING: readonly string[] = ['valid', 'same']

/**
 * Two-dimensional convolution of images (cross-correlation, as every framework has it):
 *
 *   y[n, o, i, j] = b[o] + sum over c, p, q of W[o, c, p, q] x[n, c, i s + p d - pad, j s + q d - pad]
 *
 * with x = 0 outside of the image; with `groups`, output channel o sees the channels of its group.
 *
 * Shapes: input (N, inChannels, H, W) or (inChannels, H, W), output (N, outChannels, Hout, Wout) or
 * (outChannels, Hout, Wout), Hout = floor((H + 2 padding - dilation (kernel - 1) - 1) / stride) + 1;
 * weight (outChannels, inChannels / groups, kernel height, kernel width), bias (outChannels).
 *
 * `'same'` with a stride above 1, which PyTorch refuses, pads dilation (kernel - 1) in all, so that
 * Hout = ceil(H / stride).
 *
 * Initialisation: weight and bias uniform in ±1 / sqrt(inChannels / groups * kernel height * kernel
 * width).
 *
 * @example
 * new nn.Conv2d(3, 64, 3, { padding: 1 }).forward(randn([32, 3, 28, 28])).shape // [32, 64, 28, 28]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
 */
export class Conv2d extends Layer {
  static {
    markBuiltIn(this)
  }

  weight: Parameter
  bias: Parameter | null
  readonly kernelSize: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly padding: readonly [number, number] | 'valid' | 'same'
  readonly dilation: readonly [number, number]
  readonly groups: number
  #inputShape: Shape | null = null
  #plan: Conv2dPlan | null = null

  /**
   * @throws ValueError when a size is out of range or `groups` does not divide the channels.
   */
  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: Pair,
    options: Conv2dOptions = {},
  ) {
    super()
    const { padding = 0, groups = 1, bias = true, dtype, generator } = options
    for (const [name, size] of Object.entries({ inChannels, outChannels, groups })) {
      if (!Number.isInteger(size) || size < 1) {
        throw new ValueError(
          complaint('Conv2d', name, 'a whole number of at least 1', String(size)),
        )
      }
    }
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ValueError(
        complaint(
          'Conv2d',
          'groups',
          `a divisor of inChannels (${inChannels}) and outChannels (${outChannels})`,
          String(groups),
        ),
      )
    }
    if (typeof padding === 'string' && !NAMED_PADDING.includes(padding)) {
      throw new ValueError(
        complaint('Conv2d', 'padding', `a number, a pair, 'valid' or 'same'`, `'${padding}'`),
      )
    }
    this.kernelSize = pairOf('Conv2d', 'kernelSize', kernelSize, 1)
    this.stride = pairOf('Conv2d', 'stride', options.stride ?? 1, 1)
    this.padding = typeof padding === 'string' ? padding : pairOf('Conv2d', 'padding', padding, 0)
    this.dilation = pairOf('Conv2d', 'dilation', options.dilation ?? 1, 1)
    this.groups = groups
    this.weight = new Parameter(
      empty([outChannels, inChannels / groups, ...this.kernelSize], dtype),
    )
    this.bias = bias ? new Parameter(empty([outChannels], dtype)) : null
    this.resetParameters(generator)
  }

  /** Draws the parameters anew. */
  resetParameters(generator?: Generator): void {
    kaimingUniform_(this.weight, { a: Math.sqrt(5), generator })
    if (this.bias === null) return
    const bound = 1 / Math.sqrt(this.weight.length / this.outChannels)
    uniform_(this.bias, -bound, bound, { generator })
  }

  protected override computeOutput(input: Tensor): Tensor {
    const { weight } = this
    const { geometry, outputShape } = this.#planFor(input)
    if (input.dtype !== weight.dtype) throw this.#otherDtype(input)
    const output = allocate(outputShape, weight.dtype)
    kernels().conv2d(
      input,
      weight,
      this.bias,
      output,
      geometry,
      ActivationKind.identity,
      0,
      Conv2dAlgorithm.auto,
    )
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const { geometry } = this.#planFor(input)
    const gradInput = allocate(input.shape, input.dtype)
    kernels().conv2dInputGradient(
      gradOutput,
      this.weight,
      null,
      gradInput,
      geometry,
      Conv2dAlgorithm.auto,
    )
    return gradInput
  }

  protected override updateGradParameters(input: Tensor, gradOutput: Tensor): void {
    const { weight, bias } = this
    const { geometry } = this.#planFor(input)
    if (weight.requiresGrad) {
      kernels().conv2dWeightGradient(
        input,
        gradOutput,
        weight.gradTarget(),
        geometry,
        weight.gradBeta,
        Conv2dAlgorithm.auto,
      )
      weight.keepGrad()
    }
    if (bias !== null && bias.requiresGrad) {
      const { batch, outChannels, outHeight, outWidth } = geometry
      const spatial = outHeight * outWidth
      const grad = bias.gradTarget()
      kernels().channelSum(gradOutput, grad, batch, outChannels, spatial, bias.gradBeta)
      bias.keepGrad()
    }
  }

  protected override hasTrainable(): boolean {
    return this.weight.requiresGrad || (this.bias !== null && this.bias.requiresGrad)
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding, dilation, groups } = this
    const parts = [
      `${this.inChannels}, ${this.outChannels}`,
      `kernelSize=${formatPair(kernelSize)}`,
      `stride=${formatPair(stride)}`,
    ]
    if (typeof padding === 'string') parts.push(`padding=${padding}`)
    else if (padding[0] !== 0 || padding[1] !== 0) parts.push(`padding=${formatPair(padding)}`)
    if (dilation[0] !== 1 || dilation[1] !== 1) parts.push(`dilation=${formatPair(dilation)}`)
    if (groups !== 1) parts.push(`groups=${groups}`)
    if (this.bias === null) parts.push('bias=false')
    return parts.join(', ')
  }

  /** What depends on the input's shape alone, kept until another shape comes. */
  #planFor({ shape }: Tensor): Conv2dPlan {
    if (this.#plan !== null && sameShape(shape, this.#inputShape!)) return this.#plan
    this.#plan = planConv2d(this.describe(), this, shape)
    this.#inputShape = shape
    return this.#plan
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
