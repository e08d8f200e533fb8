/** Least and greatest of numbers that come in blocks; NaN is left out. @internal */
export class Extent {
  min = Infinity
  max = -Infinity

  add(values: Float64Array): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (value < this.min) this.min = value
      if (value > this.max) this.max = value
    }
  }
}

/** Below it a range is taken for rounding, and 1 for its scale, as scikit-learn does. */
const LEAST = 10 * Number.EPSILON

/** @internal */
export function scaleOf(range: number): number {
  return range < LEAST ? 1 : range
}
