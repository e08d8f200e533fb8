/** What TensorBoard draws of many numbers. */
export interface Histogram {
  readonly min: number
  readonly max: number
  readonly num: number
  readonly sum: number
  readonly sumSquares: number
  /** Upper ends of the buckets; runs of empty ones are one. */
  readonly limits: readonly number[]
  readonly counts: readonly number[]
}

let buckets: Float64Array | undefined

/** TensorFlow's buckets, by their upper ends: each a tenth wider than the one nearer to 0, from 1e-12 to 1e20. */
function bucketLimits(): Float64Array {
  if (buckets !== undefined) return buckets
  const positive: number[] = []
  for (let limit = 1e-12; limit < 1e20; limit *= 1.1) positive.push(limit)
  positive.push(Number.MAX_VALUE)
  buckets = Float64Array.from([...positive.map((limit) => -limit).reverse(), 0, ...positive])
  return buckets
}

/** Counts numbers by size; those that are not finite are left out. */
export function histogramOf(values: ArrayLike<number>): Histogram {
  const limits = bucketLimits()
  const counts = new Float64Array(limits.length)
  let [min, max, num, sum, sumSquares] = [Infinity, -Infinity, 0, 0, 0]
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!Number.isFinite(value)) continue
    min = Math.min(min, value)
    max = Math.max(max, value)
    num += 1
    sum += value
    sumSquares += value * value
    counts[Math.min(bucketOf(value, limits), limits.length - 1)]! += 1
  }
  return {
    min: num === 0 ? 0 : min,
    max: num === 0 ? 0 : max,
    num,
    sum,
    sumSquares,
    ...packed(counts, limits),
  }
}

/** The first bucket whose limit is above a value. */
function bucketOf(value: number, limits: Float64Array): number {
  let low = 0
  let high = limits.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (limits[middle]! > value) high = middle
    else low = middle + 1
  }
  return low
}

function packed(counts: Float64Array, limits: Float64Array): Pick<Histogram, 'limits' | 'counts'> {
  const kept: [limit: number, count: number][] = []
  counts.forEach((count, i) => {
    const last = i === counts.length - 1
    // Of a run of empty buckets the last one stays, unless nothing follows.
    if (count > 0 || (!last && counts[i + 1]! > 0)) kept.push([limits[i]!, count])
  })
  if (kept.length === 0) kept.push([Number.MAX_VALUE, 0])
  return { limits: kept.map(([limit]) => limit), counts: kept.map(([, count]) => count) }
}
