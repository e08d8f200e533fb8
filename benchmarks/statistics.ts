/** The value below which the fraction `q` of `values` lies, interpolated. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = q * (sorted.length - 1)
  const low = sorted[Math.floor(place)] ?? NaN
  const high = sorted[Math.ceil(place)] ?? NaN
  return low + (high - low) * (place - Math.floor(place))
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Three significant digits: `0.123`, `12.3`, `1,230`. */
export function format(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 })
}
