import type { Steps } from './steps.js'

/** Numbers that are merged between two steps. */
const SPAN = 2 ** 16

/** The numbers of some blocks in ascending order, NaN left out. @internal */
export function* sorted(blocks: readonly Float64Array[]): Steps<Float64Array> {
  let runs: Float64Array[] = []
  for (const block of blocks) {
    runs.push(block.filter((value) => value === value).sort())
    yield
  }
  while (runs.length > 1) {
    const next: Float64Array[] = []
    for (let i = 0; i < runs.length; i += 2) {
      const [a, b] = [runs[i]!, runs[i + 1]]
      next.push(b === undefined ? a : yield* merged(a, b))
    }
    runs = next
  }
  return runs[0] ?? new Float64Array(0)
}

function* merged(a: Float64Array, b: Float64Array): Steps<Float64Array> {
  const both = new Float64Array(a.length + b.length)
  let i = 0
  let j = 0
  for (let start = 0; start < both.length; start += SPAN) {
    const end = Math.min(start + SPAN, both.length)
    for (let k = start; k < end; k++)
      both[k] = j >= b.length || (i < a.length && a[i]! <= b[j]!) ? a[i++]! : b[j++]!
    yield
  }
  return both
}

/** By linear interpolation between the two nearest, as numpy's default is; `share` from 0 to 1. @internal */
export function quantile(ascending: Float64Array, share: number): number {
  const place = (ascending.length - 1) * share
  const below = Math.floor(place)
  const low = ascending[below]!
  const high = ascending[Math.min(below + 1, ascending.length - 1)]!
  const part = place - below
  // As numpy: from the nearer of the two.
  return part < 0.5 ? low + (high - low) * part : high - (high - low) * (1 - part)
}
