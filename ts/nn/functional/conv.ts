import { checkArguments } from '../../check.js'
import { complaint, ShapeError } from '../../errors.js'
import { kernels } from '../../kernels/backend.js'
import { Conv2dAlgorithm } from '../../kernels/conv2d.js'
import { ActivationKind } from '../../kernels/kernels.js'
import { type Options, readOptions } from '../../options.js'
import { formatShape, type Shape, type Tensor } from '../../tensor/tensor.js'
import { allocate } from '../../tensor/workspace.js'
import { type ConvPlan, planConv } from '../conv-plan.js'
import {
  type ConvOptions,
  convOptions,
  convSettings,
  type ConvTransposeOptions,
  convTransposeOptions,
  convTransposeSettings,
} from '../conv-settings.js'
import { planConvTranspose } from '../conv-transpose-plan.js'
import type { Pair, Rank } from '../pair.js'
import {
  apart,
  applied,
  beside,
  type Body,
  checkInput,
  type GradientSum,
  operandBeside,
  type OrOptions,
} from './applied.js'

/** output = convolution of `input` with the weight, + bias. */
export function convolve(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  output: Tensor,
  { geometry }: ConvPlan,
  algorithm: Conv2dAlgorithm = Conv2dAlgorithm.auto,
): void {
  kernels().conv2d({
    x: input,
    weight,
    bias,
    out: output,
    geometry,
    activation: ActivationKind.identity,
    parameter: 0,
    algorithm,
  })
}

/** result = gradient of `convolve` by its input, from that by its output, + bias. */
export function convolveBack(
  gradOutput: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  result: Tensor,
  { geometry }: ConvPlan,
): void {
  const { auto } = Conv2dAlgorithm
  const operands = { gradOut: gradOutput, weight, bias, gradX: result }
  kernels().conv2dInputGradient({ ...operands, geometry, algorithm: auto })
}

/** target = gradient of `convolve` by the weight + beta * target. */
export function convGradWeight(
  input: Tensor,
  gradOutput: Tensor,
  { geometry }: ConvPlan,
  target: Tensor,
  beta: 0 | 1,
): void {
  kernels().conv2dWeightGradient({
    x: input,
    gradOut: gradOutput,
    gradWeight: target,
    geometry,
    beta,
    algorithm: Conv2dAlgorithm.auto,
  })
}

/** @param spatial Elements of a channel of the output. */
export function convGradBias(
  gradOutput: Tensor,
  { geometry: { batch } }: ConvPlan,
  spatial: number,
  bias: GradientSum,
): void {
  const grad = bias.gradTarget()
  kernels().channelSum({
    x: gradOutput,
    out: grad,
    batch,
    channels: grad.length,
    spatial,
    beta: bias.gradBeta,
  })
  bias.keepGrad()
}

const FORWARD: Body<ConvPlan> = {
  readsInput: false,

  output(x, weight, bias, plan) {
    const output = allocate(plan.outputShape, x.dtype)
    convolve(x, weight!, bias, output, plan)
    return output
  },
  gradInput(x, gradOutput, weight, plan) {
    const gradInput = allocate(x.shape, x.dtype)
    convolveBack(gradOutput, weight!, null, gradInput, plan)
    return gradInput
  },
  gradParameters(x, gradOutput, weight, bias, plan) {
    const { outHeight, outWidth } = plan.geometry
    if (weight !== null) {
      convGradWeight(x, gradOutput, plan, weight.gradTarget(), weight.gradBeta)
    }
    if (bias !== null) convGradBias(gradOutput, plan, outHeight * outWidth, bias)
  },
}

/** The passes of the convolution that leads from the output to the input. */
const TRANSPOSED: Body<ConvPlan> = {
  readsInput: false,

  output(x, weight, bias, plan) {
    const output = allocate(plan.outputShape, x.dtype)
    convolveBack(x, weight!, bias, output, plan)
    return output
  },
  gradInput(x, gradOutput, weight, plan) {
    const gradInput = allocate(x.shape, x.dtype)
    convolve(gradOutput, weight!, null, gradInput, plan)
    return gradInput
  },
  gradParameters(x, gradOutput, weight, bias, plan) {
    const { inHeight, inWidth } = plan.geometry
    if (weight !== null) {
      convGradWeight(gradOutput, x, plan, weight.gradTarget(), weight.gradBeta)
    }
    if (bias !== null) convGradBias(gradOutput, plan, inHeight * inWidth, bias)
  },
}

type ConvFunctionOptions<Size> = Omit<
  ConvOptions<Size>,
  'bias' | 'dtype' | 'generator' | 'paddingMode'
>
type ConvTransposeFunctionOptions<Size> = Omit<
  ConvTransposeOptions<Size>,
  'bias' | 'dtype' | 'generator' | 'paddingMode'
>

function conv<Size extends Pair>(
  who: string,
  rank: Rank,
  table: Options<ConvFunctionOptions<Size>>,
  x: Tensor,
  weight: Tensor,
  biasOrOptions: OrOptions<ConvFunctionOptions<Size>> | undefined,
  rest: ConvFunctionOptions<Size> | undefined,
): Tensor {
  const [, bias, options] = apart(weight, biasOrOptions, rest)
  const given = readOptions(who, table as typeof CONV2D, options)
  const [out = 1, inGroup = 1, ...kernel] = kernelOf(who, rank, x, weight)
  const inChannels = inGroup * given.groups
  const size = kernel as unknown as Pair
  const settings = convSettings(who, rank, inChannels, out, rank === 1 ? kernel[0]! : size, {
    ...given,
    paddingMode: 'zeros',
  })
  const own = beside(who, x, 'the bias', bias, [out])
  return applied(who, FORWARD, planConv(who, settings, x.shape), x, weight, own)
}

function convTranspose<Size extends Pair>(
  who: string,
  rank: Rank,
  table: Options<ConvTransposeFunctionOptions<Size>>,
  x: Tensor,
  weight: Tensor,
  biasOrOptions: OrOptions<ConvTransposeFunctionOptions<Size>> | undefined,
  rest: ConvTransposeFunctionOptions<Size> | undefined,
): Tensor {
  const [, bias, options] = apart(weight, biasOrOptions, rest)
  const given = readOptions(who, table as typeof TRANSPOSE2D, options)
  const [inChannels = 1, outGroup = 1, ...kernel] = kernelOf(who, rank, x, weight)
  const out = outGroup * given.groups
  const size = rank === 1 ? kernel[0]! : (kernel as unknown as Pair)
  const settings = convTransposeSettings(who, rank, inChannels, out, size, given)
  const own = beside(who, x, 'the bias', bias, [out])
  return applied(who, TRANSPOSED, planConvTranspose(who, settings, x.shape), x, weight, own)
}

/** The shape of a weight. */
function kernelOf(who: string, rank: Rank, x: Tensor, weight: Tensor): Shape {
  checkInput(who, x)
  const { shape } = operandBeside(who, x, 'the weight', weight)
  if (shape.length === rank + 2) return shape
  const expected = rank === 2 ? 'shape (O, I, kH, kW)' : 'shape (O, I, k)'
  throw new ShapeError(complaint(who, 'the weight', expected, `shape ${formatShape(shape)}`))
}

function forFunction<Size extends Pair>(rank: Rank) {
  const { stride, padding, dilation, groups } = convOptions<Size>(rank)
  return { stride, padding, dilation, groups } satisfies Options<ConvFunctionOptions<Size>>
}

function forTransposed<Size extends Pair>(rank: Rank) {
  const { stride, padding, outputPadding, groups, dilation } = convTransposeOptions<Size>(rank)
  const table = { stride, padding, outputPadding, groups, dilation }
  return table satisfies Options<ConvTransposeFunctionOptions<Size>>
}

const CONV1D = forFunction<number>(1)
const CONV2D = forFunction<Pair>(2)
const TRANSPOSE1D = forTransposed<number>(1)
const TRANSPOSE2D = forTransposed<Pair>(2)

/** Options of `conv1d`. */
export type Conv1dFunctionOptions = ConvFunctionOptions<number>
/** Options of `conv2d`; a Pair is one number for both dimensions or (height, width). */
export type Conv2dFunctionOptions = ConvFunctionOptions<Pair>
/** Options of `convTranspose1d`. */
export type ConvTranspose1dFunctionOptions = ConvTransposeFunctionOptions<number>
/** Options of `convTranspose2d`; a Pair is one number for both dimensions or (height, width). */
export type ConvTranspose2dFunctionOptions = ConvTransposeFunctionOptions<Pair>

/**
 * `nn.Conv1d` as a function.
 *
 * Shapes: x (N, C, L) or (C, L), weight (O, C / groups, k), bias (O); result (N, O, Lout) or (O, Lout).
 *
 * @throws ShapeError, DTypeError unless they go together.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.conv1d.html
 */
export function conv1d(
  x: Tensor,
  weight: Tensor,
  bias?: OrOptions<Conv1dFunctionOptions>,
  options?: Conv1dFunctionOptions,
): Tensor {
  checkArguments('conv1d', 4, arguments)
  return conv('conv1d', 1, CONV1D, x, weight, bias, options)
}

/**
 * `nn.Conv2d` as a function.
 *
 * Shapes: x (N, C, H, W) or (C, H, W), weight (O, C / groups, kH, kW), bias (O); result (N, O, Hout, Wout) or
 * (O, Hout, Wout).
 *
 * @throws ShapeError, DTypeError unless they go together.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias?: OrOptions<Conv2dFunctionOptions>,
  options?: Conv2dFunctionOptions,
): Tensor {
  checkArguments('conv2d', 4, arguments)
  return conv('conv2d', 2, CONV2D, x, weight, bias, options)
}

/**
 * `nn.ConvTranspose1d` as a function.
 *
 * Shapes: x (N, C, L) or (C, L), weight (C, O / groups, k), bias (O); result (N, O, Lout) or (O, Lout).
 *
 * @throws ShapeError, DTypeError unless they go together.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose1d.html
 */
export function convTranspose1d(
  x: Tensor,
  weight: Tensor,
  bias?: OrOptions<ConvTranspose1dFunctionOptions>,
  options?: ConvTranspose1dFunctionOptions,
): Tensor {
  checkArguments('convTranspose1d', 4, arguments)
  return convTranspose('convTranspose1d', 1, TRANSPOSE1D, x, weight, bias, options)
}

/**
 * `nn.ConvTranspose2d` as a function.
 *
 * Shapes: x (N, C, H, W) or (C, H, W), weight (C, O / groups, kH, kW), bias (O); result (N, O, Hout, Wout) or
 * (O, Hout, Wout).
 *
 * @throws ShapeError, DTypeError unless they go together.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html
 */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  bias?: OrOptions<ConvTranspose2dFunctionOptions>,
  options?: ConvTranspose2dFunctionOptions,
): Tensor {
  checkArguments('convTranspose2d', 4, arguments)
  return convTranspose('convTranspose2d', 2, TRANSPOSE2D, x, weight, bias, options)
}
