import { complaint, ValueError } from '../errors.js'

/** One number for height and width, or (height, width). */
export type Pair = number | readonly [number, number]

/** The pair itself, or a number twice; whole numbers of at least `least`. */
export function pairOf(
  who: string,
  what: string,
  value: Pair,
  least: number,
): readonly [number, number] {
  const pair: readonly unknown[] = Array.isArray(value) ? value : [value, value]
  if (
    pair.length === 2 &&
    pair.every((size) => Number.isInteger(size) && (size as number) >= least)
  )
    return Object.freeze([pair[0] as number, pair[1] as number] as const)
  throw new ValueError(
    complaint(
      who,
      what,
      `a whole number of at least ${least} or a pair of them`,
      JSON.stringify(value),
    ),
  )
}

/** `(1, 2)` */
export function formatPair(pair: readonly [number, number]): string {
  return `(${pair[0]}, ${pair[1]})`
}
