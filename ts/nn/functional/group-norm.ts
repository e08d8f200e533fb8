import { checkArguments } from '../../check.js'
import { complaint, ShapeError, ValueError } from '../../errors.js'
import { kernels } from '../../kernels/backend.js'
import { type Options, readOptions, unchecked } from '../../options.js'
import type { Pass } from '../../tensor/pass.js'
import { formatShape, type Shape, type Tensor } from '../../tensor/tensor.js'
import { allocate } from '../../tensor/workspace.js'
import {
  apart,
  applied,
  beside,
  type Body,
  checkInput,
  type GradientSum,
  type OrOptions,
} from './applied.js'
import { NORM, type NormFunctionOptions } from './layer-norm.js'

export interface GroupNormSizes {
  readonly groups: number
  readonly channels: number
  readonly eps: number
}

/** The passes of a normalisation of groups of channels. */
export const GROUP_NORM_BODY: Body<GroupNormSizes> = {
  readsInput: true,

  output(x, weight, bias, { groups, channels, eps }, pass) {
    const [batch, spatial] = extents(x.shape)
    const mean = pass.keepVector('mean', batch * groups, x.dtype)
    const inverseStd = pass.keepVector('inverseStd', batch * groups, x.dtype)
    const out = allocate(x.shape, x.dtype)
    const sizes = { batch, channels, spatial, groups }
    kernels().groupNorm({ x, weight, bias, mean, inverseStd, out, ...sizes, eps })
    return out
  },

  gradInput(x, gradOut, weight, sizes, pass) {
    const sums = pass.kept('sums') ?? sumUp(x, gradOut, null, null, sizes, pass)
    const gradX = allocate(x.shape, x.dtype)
    const [batch, spatial] = extents(x.shape)
    const { groups, channels } = sizes
    kernels().groupNormGradient({
      x,
      gradOut,
      weight,
      mean: pass.kept('mean')!,
      inverseStd: pass.kept('inverseStd')!,
      sums,
      gradX,
      batch,
      channels,
      spatial,
      groups,
    })
    return gradX
  },

  gradParameters(x, gradOut, weight, bias, sizes, pass) {
    sumUp(x, gradOut, weight, bias, sizes, pass)
    weight?.keepGrad()
    bias?.keepGrad()
  },
}

/** Two sums for each channel of a sample, and with them the gradients by weight and bias. */
function sumUp(
  x: Tensor,
  gradOut: Tensor,
  weight: GradientSum | null,
  bias: GradientSum | null,
  { groups, channels }: GroupNormSizes,
  pass: Pass,
): Tensor {
  const [batch, spatial] = extents(x.shape)
  const sums = pass.keepVector('sums', 2 * batch * channels, 'float64')
  kernels().groupNormSums({
    x,
    gradOut,
    mean: pass.kept('mean')!,
    inverseStd: pass.kept('inverseStd')!,
    sums,
    gradWeight: weight && weight.gradTarget(),
    gradBias: bias && bias.gradTarget(),
    batch,
    channels,
    spatial,
    groups,
    weightBeta: weight?.gradBeta ?? 0,
    biasBeta: bias?.gradBeta ?? 0,
  })
  return sums
}

/** The batch, of which samples without an element do not count, and all that comes after the channels. */
function extents(shape: Shape): [number, number] {
  let spatial = 1
  for (let i = 2; i < shape.length; i++) spatial *= shape[i]!
  return [spatial === 0 ? 0 : shape[0]!, spatial]
}

/** The channels of an input (N, C, …). */
export function channelsOf(who: string, { shape }: Tensor): number {
  if (shape.length >= 2 && shape[1]! > 0) return shape[1]!
  throw new ShapeError(
    complaint(who, 'the input', 'shape (N, C, …)', `shape ${formatShape(shape)}`),
  )
}

function grouped(
  who: string,
  x: Tensor,
  groups: number,
  weight: Tensor | null | undefined,
  bias: Tensor | null | undefined,
  options: NormFunctionOptions | undefined,
): Tensor {
  const { eps } = readOptions(who, NORM, options)
  const channels = x.shape[1]!
  const own = beside(who, x, 'the weight', weight, [channels])
  const shift = beside(who, x, 'the bias', bias, [channels])
  return applied(who, GROUP_NORM_BODY, { groups, channels, eps }, x, own, shift)
}

/**
 * `nn.GroupNorm` as a function.
 *
 * Shapes: x (N, C, …), result the same; weight and bias (C).
 *
 * @param numGroups Divides C.
 * @throws ShapeError, DTypeError unless they go together, ValueError where it does not.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.group_norm.html
 */
export function groupNorm(
  x: Tensor,
  numGroups: number,
  weight?: OrOptions<NormFunctionOptions>,
  bias?: OrOptions<NormFunctionOptions>,
  options?: NormFunctionOptions,
): Tensor {
  const who = 'groupNorm'
  checkArguments(who, 5, arguments)
  checkInput(who, x)
  const channels = channelsOf(who, x)
  if (!Number.isInteger(numGroups) || numGroups < 1 || channels % numGroups !== 0) {
    const expected = `a divisor of the ${channels} channels`
    throw new ValueError(complaint(who, 'numGroups', expected, numGroups))
  }
  return grouped(who, x, numGroups, ...apart(weight, bias, options))
}

export interface InstanceNormFunctionOptions extends NormFunctionOptions {
  /** (C), default: none. */
  weight?: Tensor | null
  /** (C), default: none. */
  bias?: Tensor | null
}

const INSTANCE_NORM = {
  weight: unchecked<Tensor | null>(),
  bias: unchecked<Tensor | null>(),
  ...NORM,
} satisfies Options<InstanceNormFunctionOptions>

/**
 * Normalisation of each channel of each sample; `nn.InstanceNorm2d` as a function. The statistics are those of
 * the input; for running ones there is `batchNorm`.
 *
 * Shapes: x (N, C, L, …), result the same; weight and bias (C).
 *
 * @throws ShapeError, DTypeError unless they go together, ValueError for channels of one element.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.instance_norm.html
 */
export function instanceNorm(x: Tensor, options?: InstanceNormFunctionOptions): Tensor {
  const who = 'instanceNorm'
  checkArguments(who, 2, arguments)
  checkInput(who, x)
  const { weight, bias, eps } = readOptions(who, INSTANCE_NORM, options)
  const channels = channelsOf(who, x)
  if (x.ndim < 3) {
    const got = `shape ${formatShape(x.shape)}`
    throw new ShapeError(complaint(who, 'the input', 'shape (N, C, L, …)', got))
  }
  if (extents(x.shape)[1] === 1) {
    const expected = 'channels of more than one element, so that there is a variance'
    throw new ValueError(complaint(who, 'the input', expected, `shape ${formatShape(x.shape)}`))
  }
  return grouped(who, x, channels, weight, bias, { eps })
}
