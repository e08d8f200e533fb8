import { complaint, ValueError } from '../../errors.js'
import type { Generator } from '../../random/generator.js'
import { shuffled } from './shuffled.js'

/**
 * How many of each class a part of `part` rows gets: its share, rounded down, and one more for those with
 * the largest rest, drawn where the rests are equal.
 *
 * @internal
 */
export function sharesOf(
  counts: readonly number[],
  part: number,
  generator: Generator | undefined,
): number[] {
  const total = counts.reduce((a, b) => a + b, 0)
  const exact = counts.map((count) => (count * part) / total)
  const shares = exact.map(Math.floor)
  const left = part - shares.reduce((a, b) => a + b, 0)
  const places = shuffled([...counts.keys()], generator)
  places.sort((a, b) => exact[b]! - shares[b]! - (exact[a]! - shares[a]!))
  for (const place of places.slice(0, left)) shares[place]! += 1
  return shares
}

/** @throws ValueError when a part has not one row for each class, or a class not two rows. @internal */
export function checkStrata(
  who: string,
  counts: readonly number[],
  train: number,
  test: number,
): void {
  if (counts.some((count) => count < 2)) {
    const hint = 'leave out the class, or split without stratify'
    throw new ValueError(
      complaint(who, 'each class', 'in two rows or more', 'one in a single row', hint),
    )
  }
  if (Math.min(train, test) >= counts.length) return
  const expected = `of ${counts.length} rows or more, one a class`
  throw new ValueError(complaint(who, 'each part', expected, `${train} and ${test}`))
}
