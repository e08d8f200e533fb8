import type { data } from '../../index.js'

/** Figures by name: accuracy and f1, or r2, mae and rmse. */
export type Figures = Readonly<Record<string, number>>

/** What the mean of the training's target comes to on other rows. */
export function meanFigures(train: data.NumberColumn, test: data.NumberColumn): Figures {
  const mean = average(train.values)
  const middle = average(test.values)
  let [absolute, squared, spread] = [0, 0, 0]
  for (const value of test.values) {
    absolute += Math.abs(value - mean)
    squared += (value - mean) ** 2
    spread += (value - middle) ** 2
  }
  const { length } = test
  return { r2: 1 - squared / spread, mae: absolute / length, rmse: Math.sqrt(squared / length) }
}

/** What the most frequent class of the training comes to on other rows: it is always the answer. */
export function majorityFigures(
  train: data.Column,
  test: data.Column,
  classes: number,
): Figures & { readonly accuracy: number } {
  const counts = countsOf(train)
  const [majority] = [...counts].reduce((best, each) => (each[1] > best[1] ? each : best))
  const accuracy = (countsOf(test).get(majority) ?? 0) / test.length
  // Its precision is the accuracy, its recall 1; the F1 of each other class is 0.
  return { accuracy, f1: (2 * accuracy) / (1 + accuracy) / classes }
}

/** Rows by class. */
export function countsOf(column: data.Column): Map<string, number> {
  const counts = new Map<string, number>()
  for (let row = 0; row < column.length; row++) {
    const name = String(column.get(row))
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

function average(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}
