import type { Measurement, Result } from './measure.js'
import { format, quantile } from './statistics.js'

export const isMeasurement = (result: Result): result is Measurement => 'median' in result

/** Middle half of the rounds, relative to their median: `±3 %`. */
function spread({ microseconds, median }: Measurement): string {
  if (microseconds.length === 1) return '1 round'
  const half = (quantile(microseconds, 0.75) - quantile(microseconds, 0.25)) / 2
  return `±${((100 * half) / median).toFixed(0)} %`
}

/**
 * The lines of one trial: median time a step, spread, how many times gradlane's; the same two of the
 * fastest round; losses.
 */
export function table(results: readonly Result[], labels: ReadonlyMap<string, string>): string {
  const ours = results.find((result) => result.driver === 'native')
  const rows = results.map((result) => {
    const label = labels.get(result.driver) ?? result.driver
    if (!isMeasurement(result)) return [label, `cannot: ${result.unsupported}`]
    const times = (figure: 'median' | 'fastest'): string =>
      ours && isMeasurement(ours) ? `${format(result[figure] / ours[figure])}x` : ''
    const before = result.learned[0]!
    const after = result.learned.at(-1)!
    const losses = `loss ${format(before.loss)} -> ${format(after.loss)} after ${after.steps} steps`
    const fastest = `fastest ${format(result.fastest)} us`
    return [
      label,
      `${format(result.median)} us`,
      spread(result),
      times('median'),
      fastest,
      times('fastest'),
      losses,
    ]
  })
  const widths = [0, 1, 2, 3, 4, 5].map((column) =>
    // Reasons may be long; they do not push the figures apart.
    Math.max(...rows.map((row) => (column > 0 && row.length === 2 ? 0 : row[column]!.length))),
  )
  return rows
    .map((row) => {
      const [label, ...figures] = row
      const aligned = figures.map((text, i) => (i < 5 ? text.padStart(widths[i + 1]!) : text))
      return `  ${label!.padEnd(widths[0]!)}  ${aligned.join('  ')}`.trimEnd()
    })
    .join('\n')
}
