import { show } from '../show.js'
import { optionsOf } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import type { Generator } from '../random/generator.js'
import type { FloatDType } from '../kernels/dtype.js'
import { formatPair, type Pair, type Rank, type Sizes2d, sizesOf } from './pair.js'

export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular'

interface AnyConvOptions<Size> {
  /** Default 1. */
  stride?: Size
  /** Distance of the kernel's elements. Default 1. */
  dilation?: Size
  /** Groups of channels that do not see each other; inChannels of them: depthwise. Default 1. */
  groups?: number
  /** Whether a bias is added. Default true. */
  bias?: boolean
  /** Default `float32`. */
  dtype?: FloatDType
  /** Draws the initial parameters. Default: the default generator. */
  generator?: Generator
}

/** Options of a convolution; `Size` is that of an image or of a sequence. */
export interface ConvOptions<Size> extends AnyConvOptions<Size> {
  /**
   * Zeros on each side; `'valid'`: none; `'same'`: as many as the output of stride 1 needs to be as
   * large as the input, of which an odd one goes after. Default 0.
   */
  padding?: Size | 'valid' | 'same'
  /**
   * What the padding consists of: `'zeros'`, the input's reflection, its outermost elements or its other
   * side. Others than zeros are put around the input by a pass of their own. Default `'zeros'`.
   */
  paddingMode?: PaddingMode
}

/** Options of a transposed convolution; `Size` is that of an image or of a sequence. */
export interface ConvTransposeOptions<Size> extends AnyConvOptions<Size> {
  /** What is cut off each side of the output: the padding of the convolution that is transposed.
   * Default 0. */
  padding?: Size
  /**
   * Makes the output that much larger, at its end; tells sizes apart that the convolution makes equal.
   * Smaller than stride or dilation. Default 0.
   */
  outputPadding?: Size
  /** What is cut off has no other mode. */
  paddingMode?: 'zeros'
}

/** What convolutions and transposed ones are made with; pairs are (height, width). */
export interface AnyConvSettings {
  readonly rank: Rank
  readonly inChannels: number
  readonly outChannels: number
  readonly kernelSize: Sizes2d
  readonly stride: Sizes2d
  readonly dilation: Sizes2d
  readonly groups: number
}

/** What a convolution is made with. */
export interface ConvSettings extends AnyConvSettings {
  readonly paddingMode: PaddingMode
  readonly padding: Sizes2d | 'valid' | 'same'
}

/** What a transposed convolution is made with. */
export interface ConvTransposeSettings extends AnyConvSettings {
  readonly padding: Sizes2d
  readonly outputPadding: Sizes2d
}

const NAMED_PADDING: readonly string[] = ['valid', 'same']
const MODES: readonly string[] = ['zeros', 'reflect', 'replicate', 'circular']

function anySettings(
  who: string,
  rank: Rank,
  inChannels: number,
  outChannels: number,
  kernelSize: Pair,
  { stride = 1, dilation = 1, groups = 1 }: AnyConvOptions<Pair>,
): AnyConvSettings {
  for (const [name, size] of Object.entries({ inChannels, outChannels, groups })) {
    if (!Number.isInteger(size) || size < 1) {
      throw new ValueError(complaint(who, name, 'a whole number of at least 1', size))
    }
  }
  if (inChannels % groups !== 0 || outChannels % groups !== 0) {
    throw new ValueError(
      complaint(
        who,
        'groups',
        `a divisor of inChannels (${inChannels}) and outChannels (${outChannels})`,
        groups,
      ),
    )
  }
  return {
    rank,
    inChannels,
    outChannels,
    kernelSize: sizesOf(who, 'kernelSize', rank, kernelSize, 1),
    stride: sizesOf(who, 'stride', rank, stride, 1),
    dilation: sizesOf(who, 'dilation', rank, dilation, 1),
    groups,
  }
}

/**
 * @throws ValueError, with `who` naming the layer, when a size is out of range, `groups` does not divide
 * the channels or a padding is not known.
 */
export function convSettings(
  who: string,
  rank: Rank,
  inChannels: number,
  outChannels: number,
  kernelSize: Pair,
  options: ConvOptions<Pair>,
): ConvSettings {
  const { padding = 0, paddingMode = 'zeros', ...others } = optionsOf(who, options)
  const any = anySettings(who, rank, inChannels, outChannels, kernelSize, others)
  if (!MODES.includes(paddingMode)) {
    throw new ValueError(
      complaint(
        who,
        'paddingMode',
        "'zeros', 'reflect', 'replicate' or 'circular'",
        show(paddingMode),
      ),
    )
  }
  const settings = { ...any, paddingMode }
  if (typeof padding !== 'string') {
    return { ...settings, padding: sizesOf(who, 'padding', rank, padding, 0) }
  }
  if (!NAMED_PADDING.includes(padding)) {
    const sizes = rank === 2 ? 'a number, a pair' : 'a number'
    throw new ValueError(complaint(who, 'padding', `${sizes}, 'valid' or 'same'`, show(padding)))
  }
  return { ...settings, padding }
}

/**
 * @throws ValueError, with `who` naming the layer, when a size is out of range, `groups` does not divide
 * the channels, outputPadding reaches stride and dilation, or the padding is no zeros.
 */
export function convTransposeSettings(
  who: string,
  rank: Rank,
  inChannels: number,
  outChannels: number,
  kernelSize: Pair,
  options: ConvTransposeOptions<Pair>,
): ConvTransposeSettings {
  const {
    padding = 0,
    outputPadding = 0,
    paddingMode = 'zeros',
    ...others
  } = optionsOf(who, options)
  const settings = anySettings(who, rank, inChannels, outChannels, kernelSize, others)
  const { stride, dilation } = settings
  const more = sizesOf(who, 'outputPadding', rank, outputPadding, 0)
  for (const side of [0, 1] as const) {
    if (more[side] === 0 || more[side] < Math.max(stride[side], dilation[side])) continue
    throw new ValueError(
      complaint(
        who,
        'outputPadding',
        `smaller than the stride ${formatPair(stride, rank)} or the dilation ${formatPair(dilation, rank)}`,
        formatPair(more, rank),
      ),
    )
  }
  if ((paddingMode as string) !== 'zeros') {
    throw new ValueError(
      complaint(
        who,
        'paddingMode',
        "'zeros', the only one of a transposed convolution",
        show(paddingMode),
        'pad the input with another layer before this one',
      ),
    )
  }
  return { ...settings, padding: sizesOf(who, 'padding', rank, padding, 0), outputPadding: more }
}
