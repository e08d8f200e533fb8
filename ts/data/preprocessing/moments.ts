/**
 * Mean and variance of numbers that come in blocks; NaN is left out. Each block is summed in two passes and
 * added by the formula of Chan et al., so that the digits hold where the mean is large.
 *
 * Source: Chan, Golub, LeVeque, Updating formulae and a pairwise algorithm (1979).
 *
 * @internal
 */
export class Moments {
  count = 0
  mean = 0
  #squares = 0

  /** Of all numbers, divided by their count. */
  get var(): number {
    return this.#squares / this.count
  }

  add(values: Float64Array): void {
    let count = 0
    let sum = 0
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (value !== value) continue
      sum += value
      count += 1
    }
    if (count === 0) return
    const mean = sum / count
    let squares = 0
    let rest = 0
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (value !== value) continue
      squares += (value - mean) ** 2
      rest += value - mean
    }
    const both = this.count + count
    const difference = mean - this.mean
    this.#squares +=
      squares - (rest * rest) / count + (difference * difference * this.count * count) / both
    this.mean += (difference * count) / both
    this.count = both
  }
}

/** Whether a variance is rounding alone. Source: scikit-learn's `_is_constant_feature`. @internal */
export function isConstant(variance: number, mean: number, count: number): boolean {
  const bound = count * Number.EPSILON * variance + (count * mean * Number.EPSILON) ** 2
  return variance <= bound
}
