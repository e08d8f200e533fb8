import { complaint, ValueError } from '../../errors.js'
import { choice, type Option, type Options, type Values, whole } from '../../options.js'
import type { Decoding } from './decode.js'

/** What an image becomes: channels, rows, columns of numbers. */
export interface ImageOptions {
  /** Height and width that images are resized to, or one number for both. Default: as they are. */
  size?: number | readonly [height: number, width: number]
  /**
   * How an image of other proportions comes to that size: stretched (`fill`), cut (`cover`), or with
   * black beside it (`contain`). Default `fill`, as torchvision's Resize does.
   */
  fit?: 'fill' | 'cover' | 'contain'
  /** Default `rgb`, 3 channels; `gray` is 1. */
  color?: 'rgb' | 'gray'
  /** What is taken off pixels from 0 to 1: a number a channel, or one for all. Default 0. */
  mean?: number | readonly number[]
  /** What they are divided by then: a number above 0 a channel, or one for all. Default 1. */
  std?: number | readonly number[]
}

const side = whole(1)
const sizeOption: Option<ImageOptions['size'] | undefined> = {
  initial: undefined,
  expected: 'a whole number of at least 1, or a pair [height, width] of them',
  accepts: (value) =>
    Array.isArray(value) ? value.length === 2 && value.every(side.accepts) : side.accepts(value),
}

function perChannel(
  initial: number,
  what: string,
  fits: (value: unknown) => boolean,
): Option<number | readonly number[]> {
  return {
    initial,
    expected: `${what}, or one a channel`,
    accepts: (value) => (Array.isArray(value) ? Array.from(value).every(fits) : fits(value)),
  }
}

export const IMAGE_OPTIONS = {
  size: sizeOption,
  fit: choice(['fill', 'cover', 'contain'], 'fill'),
  color: choice(['rgb', 'gray'], 'rgb'),
  mean: perChannel(0, 'a finite number', Number.isFinite),
  std: perChannel(1, 'a finite number above 0', (x) => Number.isFinite(x) && Number(x) > 0),
} satisfies Options<ImageOptions>

/** @throws ValueError when mean or std do not have a number for each channel. */
export function decodingOf(who: string, options: Values<typeof IMAGE_OPTIONS>): Decoding {
  const { size, fit, color, mean, std } = options
  const channels = color === 'gray' ? 1 : 3
  const each = (name: string, given: number | readonly number[]): readonly number[] => {
    if (typeof given === 'number') return Array.from({ length: channels }, () => given)
    if (given.length === channels) return [...given]
    const expected = `${channels} numbers, as ${color} images have channels`
    throw new ValueError(complaint(who, name, expected, given.length))
  }
  return {
    channels,
    size: size === undefined ? null : typeof size === 'number' ? [size, size] : [size[0], size[1]],
    fit,
    mean: each('mean', mean),
    std: each('std', std),
  }
}
