import { complaint, ValueError } from '../errors.js'
import {
  choice,
  flag,
  floatDType,
  type Option,
  type Options,
  type Values,
  whole,
} from '../options.js'
import { type Generator, generatorOption } from '../random/generator.js'
import type { FloatDType } from '../kernels/dtype.js'
import { formatPair, type Pair, type Rank, type Sizes2d, sizesOf, sizesOption } from './pair.js'

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

const NAMED_PADDING: readonly unknown[] = ['valid', 'same']

function paddingOption<Size extends Pair>(rank: Rank): Option<Size | 'valid' | 'same'> {
  const size = sizesOption<Size>(rank, 0, 0)
  const accepts = (value: unknown): boolean => NAMED_PADDING.includes(value) || size.accepts(value)
  return { ...size, expected: `${size.expected}, 'valid' or 'same'`, accepts }
}

/** The options of convolutions. */
export function convOptions<Size extends Pair>(rank: Rank) {
  return {
    stride: sizesOption<Size>(rank, 1, 1),
    padding: paddingOption<Size>(rank),
    dilation: sizesOption<Size>(rank, 1, 1),
    groups: whole(1, 1),
    bias: flag(true),
    paddingMode: choice(['zeros', 'reflect', 'replicate', 'circular'], 'zeros'),
    dtype: floatDType(),
    generator: generatorOption,
  } satisfies Options<ConvOptions<Size>>
}

const ZEROS: Option<'zeros'> = {
  initial: 'zeros',
  expected: "'zeros', the only one of a transposed convolution",
  accepts: (value) => value === 'zeros',
}

/** The options of transposed convolutions. */
export function convTransposeOptions<Size extends Pair>(rank: Rank) {
  return {
    stride: sizesOption<Size>(rank, 1, 1),
    padding: sizesOption<Size>(rank, 0, 0),
    outputPadding: sizesOption<Size>(rank, 0, 0),
    groups: whole(1, 1),
    bias: flag(true),
    dilation: sizesOption<Size>(rank, 1, 1),
    paddingMode: ZEROS,
    dtype: floatDType(),
    generator: generatorOption,
  } satisfies Options<ConvTransposeOptions<Size>>
}

type Given = Values<ReturnType<typeof convOptions<Pair>>>
type GivenTransposed = Values<ReturnType<typeof convTransposeOptions<Pair>>>

function anySettings(
  who: string,
  rank: Rank,
  inChannels: number,
  outChannels: number,
  kernelSize: Pair,
  { stride, dilation, groups }: Pick<Given, 'stride' | 'dilation' | 'groups'>,
): AnyConvSettings {
  for (const [name, size] of Object.entries({ inChannels, outChannels })) {
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
 * @throws ValueError, with `who` naming the layer, when a size is out of range or `groups` does not
 * divide the channels.
 */
export function convSettings(
  who: string,
  rank: Rank,
  inChannels: number,
  outChannels: number,
  kernelSize: Pair,
  given: Omit<Given, 'bias' | 'dtype' | 'generator'>,
): ConvSettings {
  const { padding, paddingMode } = given
  return {
    ...anySettings(who, rank, inChannels, outChannels, kernelSize, given),
    paddingMode,
    padding: typeof padding === 'string' ? padding : sizesOf(who, 'padding', rank, padding, 0),
  }
}

/**
 * @throws ValueError, with `who` naming the layer, when a size is out of range, `groups` does not divide
 * the channels or outputPadding reaches stride and dilation.
 */
export function convTransposeSettings(
  who: string,
  rank: Rank,
  inChannels: number,
  outChannels: number,
  kernelSize: Pair,
  given: Omit<GivenTransposed, 'bias' | 'dtype' | 'generator' | 'paddingMode'>,
): ConvTransposeSettings {
  const { padding, outputPadding } = given
  const settings = anySettings(who, rank, inChannels, outChannels, kernelSize, given)
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
  return { ...settings, padding: sizesOf(who, 'padding', rank, padding, 0), outputPadding: more }
}
