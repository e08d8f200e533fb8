import { ShapeError } from '../../errors.js'

export interface Dim {
  /** Elements from one to the next. */
  readonly step: number
  readonly count: number
}

export const dims = (steps: readonly number[], counts: readonly number[]): Dim[] =>
  steps.map((step, i) => ({ step, count: counts[i]! }))

/** Elements from the first to the last. */
export function extentOf(places: readonly Dim[]): number {
  if (places.some(({ count }) => count === 0)) return 0
  return places.reduce((sum, { step, count }) => sum + step * (count - 1), 1)
}

/**
 * Every element has a place of its own if each dimension steps over all of those with smaller steps.
 *
 * @throws ShapeError otherwise.
 */
export function checkApart(op: string, operand: string, places: readonly Dim[]): void {
  let reach = 0
  for (const { step, count } of places.toSorted((a, b) => a.step - b.step || a.count - b.count)) {
    if (count === 1) continue
    if (step <= reach) {
      throw new ShapeError(
        `${op}: expected steps of ${operand} past ${reach} elements, got ${step}`,
      )
    }
    reach += (count - 1) * step
  }
}
