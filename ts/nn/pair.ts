import { complaint, ValueError } from '../errors.js'
import { type Option, whole } from '../options.js'

/** One number for height and width, or (height, width). */
export type Pair = number | readonly [number, number]

/** (height, width) */
export type Sizes2d = readonly [number, number]

/** 2 for images (…, H, W), 1 for sequences (…, L), which are images of one row. */
export type Rank = 1 | 2

/** The pair itself, or a number twice; whole numbers of at least `least`. */
export function pairOf(who: string, what: string, value: Pair, least: number): Sizes2d {
  const pair: readonly unknown[] = Array.isArray(value) ? [...(value as unknown[])] : [value, value]
  if (
    pair.length === 2 &&
    pair.every((size) => Number.isInteger(size) && (size as number) >= least)
  )
    return Object.freeze([pair[0] as number, pair[1] as number] as const)
  throw new ValueError(
    complaint(who, what, `a whole number of at least ${least} or a pair of them`, value),
  )
}

/** A whole number of at least `least`. */
export function sizeOf(who: string, what: string, value: unknown, least: number): number {
  if (Number.isInteger(value) && (value as number) >= least) return value as number
  throw new ValueError(complaint(who, what, `a whole number of at least ${least}`, value))
}

/** An option of images as `pairOf` reads it; one of sequences is a single size, that of the width,
 * and the one row has the least. */
export function sizesOf(
  who: string,
  what: string,
  rank: Rank,
  value: Pair,
  least: number,
): Sizes2d {
  return rank === 2 ? pairOf(who, what, value, least) : [least, sizeOf(who, what, value, least)]
}

/** An option that `sizesOf` reads. */
export function sizesOption<Size extends Pair>(rank: Rank, least: number): Option<Size | undefined>
export function sizesOption<Size extends Pair>(
  rank: Rank,
  least: number,
  initial: number,
): Option<Size>
export function sizesOption(rank: Rank, least: number, initial?: number): Option<unknown> {
  const size = { ...whole(least), initial }
  return rank === 1 ? size : orPair(size)
}

/** What an option takes, or two of it in an array. */
export function orPair<V>(
  option: Option<V>,
): Option<V | readonly [NonNullable<V>, NonNullable<V>]> {
  const accepts = (value: unknown): boolean =>
    Array.isArray(value) ? value.length === 2 && value.every(option.accepts) : option.accepts(value)
  return { ...option, expected: `${option.expected} or a pair of them`, accepts }
}

/** `(1, 2)`; for sequences `2`. */
export function formatPair(pair: Sizes2d, rank: Rank = 2): string {
  return rank === 1 ? String(pair[1]) : `(${pair[0]}, ${pair[1]})`
}

/** As `formatPair`, but one number for two equal sizes. */
export function sizes(pair: Sizes2d, rank: Rank = 2): string {
  return pair[0] === pair[1] ? String(pair[1]) : formatPair(pair, rank)
}
