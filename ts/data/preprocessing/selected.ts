import type { Steps } from './steps.js'

/** Exchanges between two steps. */
const SPAN = 2 ** 15

/** The numbers of some blocks, NaN left out. @internal */
export function* joined(blocks: readonly Float64Array[]): Steps<Float64Array> {
  const all = new Float64Array(blocks.reduce((sum, { length }) => sum + length, 0))
  let count = 0
  for (const block of blocks) {
    for (let i = 0; i < block.length; i++) if (block[i] === block[i]) all[count++] = block[i]!
    yield
  }
  return all.subarray(0, count)
}

/**
 * A quantile, by linear interpolation between the two nearest numbers, as numpy's default is. The numbers
 * change their places.
 *
 * @param share From 0 to 1.
 * @internal
 */
export function* quantile(values: Float64Array, share: number): Steps<number> {
  const place = (values.length - 1) * share
  const below = Math.floor(place)
  yield* select(values, below)
  const low = values[below]!
  let high = Infinity
  for (let i = below + 1; i < values.length; i++) {
    if (values[i]! < high) high = values[i]!
    if (i % SPAN === 0) yield
  }
  if (below + 1 >= values.length) return low
  const part = place - below
  // As numpy: from the nearer of the two.
  return part < 0.5 ? low + (high - low) * part : high - (high - low) * (1 - part)
}

/**
 * Puts the number that stands at `place` in ascending order there, no greater ones before it and no lesser
 * ones behind it.
 *
 * Source: Hoare, Algorithm 65: Find (1961).
 */
function* select(values: Float64Array, place: number): Steps<void> {
  let low = 0
  let high = values.length - 1
  let turn = 1
  while (low < high) {
    // At no fixed place: no order of the numbers makes every turn a bad one.
    turn = (Math.imul(turn, 1664525) + 1013904223) >>> 0
    const pivot = values[low + (turn % (high - low + 1))]!
    let i = low
    let j = high
    let left = SPAN
    while (i <= j) {
      while (values[i]! < pivot) i++
      while (values[j]! > pivot) j--
      if (i <= j) {
        const value = values[i]!
        values[i++] = values[j]!
        values[j--] = value
      }
      if (--left > 0) continue
      left = SPAN
      yield
    }
    if (place <= j) high = j
    else if (place >= i) low = i
    else return
    yield
  }
}
