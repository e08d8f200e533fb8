import type { Measurement, Result } from './measure.js'
import { format, quantile } from './statistics.js'

export const isMeasurement = (result: Result): result is Measurement => 'median' in result

/** Middle half of the rounds, relative to their median: `±3 %`. */
function spread({ microseconds, median }: Measurement): string {
  const half = (quantile(microseconds, 0.75) - quantile(microseconds, 0.25)) / 2
  return `±${((100 * half) / median).toFixed(0)} %`
}

/** The lines of one trial: time a step, spread, how many times gradlane's time, losses. */
export function table(results: readonly Result[], labels: ReadonlyMap<string, string>): string {
  const ours = results.find((result) => result.driver === 'native')
  const rows = results.map((result) => {
    const label = labels.get(result.driver) ?? result.driver
    if (!isMeasurement(result)) return [label, `cannot: ${result.unsupported}`, '', '', '']
    const ratio = ours && isMeasurement(ours) ? `${format(result.median / ours.median)}x` : ''
    const { before, after, steps } = result.loss
    const losses = `${format(before)} -> ${format(after)} after ${steps} steps`
    return [label, `${format(result.median)} us`, spread(result), ratio, losses]
  })
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) => {
      const [label, ...figures] = row
      const aligned = figures.map((text, i) => (i < 3 ? text.padStart(widths[i + 1]!) : text))
      return `  ${label!.padEnd(widths[0]!)}  ${aligned.join('  ')}`.trimEnd()
    })
    .join('\n')
}
