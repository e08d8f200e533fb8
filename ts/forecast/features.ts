import { Moments } from '../data/preprocessing/moments.js'
import { complaint, ValueError } from '../errors.js'
import { calendarOf, spansOf } from './calendar.js'
import { type Frequency, timeAfter } from './frequency.js'
import type { Series } from './series.js'

/** What turns series into what a network sees. */
export interface Scaling {
  /** By key: the mean of the target, and how far it moves within the horizon (root of the mean square). */
  readonly targets: ReadonlyMap<string | null, readonly [mean: number, scale: number]>
  /** Mean and deviation of the columns beside it. */
  readonly columns: readonly (readonly [mean: number, scale: number])[]
}

export interface Layout {
  readonly horizon: number
  readonly past: number
  readonly frequency: Frequency
  readonly calendar: boolean
  readonly covariates: number
  /** Columns that are known ahead. */
  readonly known: number
}

/** @throws ValueError for a series whose target never changes. */
export function scalingOf(who: string, series: readonly Series[], horizon: number): Scaling {
  const targets = new Map<string | null, readonly [number, number]>()
  for (const { key, target } of series) {
    let sum = 0
    let count = 0
    for (let step = 1; step <= horizon; step++) {
      for (let i = step; i < target.length; i++) {
        sum += (target[i]! - target[i - step]!) ** 2
        count += 1
      }
    }
    const scale = Math.sqrt(sum / count)
    if (!(scale > 0) || scale === Infinity) {
      const of = key === null ? 'the target' : `the target of '${key}'`
      const got = scale === 0 ? `${target[0]} at each step` : 'too large ones'
      throw new ValueError(complaint(who, of, 'numbers that change', got))
    }
    const moments = new Moments()
    moments.add(target)
    targets.set(key, [moments.mean, scale])
  }
  const columns = (series[0]?.columns ?? []).map((_, place) => {
    const moments = new Moments()
    for (const each of series) moments.add(each.columns[place]!)
    return [moments.mean, Math.sqrt(moments.var) || 1] as const
  })
  return { targets, columns }
}

/** Columns of what a network sees of each step. */
export function widthOf({ frequency, calendar, covariates, known }: Layout): number {
  return 1 + covariates + 2 * known + (calendar ? 2 * spansOf(frequency).length : 0)
}

/**
 * What a network sees of the steps of a series, step by step, from `from` on: the target in its scale,
 * covariates, what is known of the step and of the one `horizon` later, and its place in the calendar.
 *
 * @param ahead What is known of the steps behind the last one, column by column.
 */
export function featuresOf(
  series: Series,
  scaling: Scaling,
  layout: Layout,
  from = 0,
  ahead: readonly Float64Array[] = [],
): Float64Array {
  const { frequency, calendar, covariates, horizon } = layout
  const width = widthOf(layout)
  const { length } = series.target
  const out = new Float64Array((length - from) * width)
  const [middle, scale] = scaling.targets.get(series.key)!
  const spans = calendar ? spansOf(frequency) : []
  for (let step = from; step < length; step++) {
    let at = (step - from) * width
    out[at++] = (series.target[step]! - middle) / scale
    series.columns.forEach((column, place) => {
      const [mean, deviation] = scaling.columns[place]!
      out[at++] = (column[step]! - mean) / deviation
      if (place < covariates) return
      const later = step + horizon
      const value = later < length ? column[later]! : ahead[place - covariates]?.[later - length]
      out[at++] = value === undefined ? 0 : (value - mean) / deviation
    })
    for (const part of calendarOf(spans, timeAfter(frequency, series.start, step))) out[at++] = part
  }
  return out
}
