import { Table } from '../data/table/table.js'
import { complaint, ValueError } from '../errors.js'
import { show } from '../show.js'
import type { Layout } from './features.js'
import { stepsBetween, timeAfter } from './frequency.js'
import { numbersOf, type Series, type SeriesSettings } from './series.js'

/** What of a forecaster says how a table of the steps to come is read. */
export interface Ahead {
  readonly read: SeriesSettings
  readonly layout: Layout
  readonly dates: boolean
}

/**
 * What is known of the steps to come, by series and column.
 *
 * @throws ValueError where there are such columns and a step of a series has no row or no value.
 */
export function aheadOf(
  who: string,
  { read, layout, dates }: Ahead,
  series: readonly Series[],
  future: Table | undefined,
): Float64Array[][] {
  const names = read.columns.slice(layout.covariates)
  if (names.length === 0) {
    if (future === undefined) return []
    const expected = 'left out, as no column is known ahead'
    throw new ValueError(complaint(who, 'future', expected, 'a table', 'name them as known'))
  }
  if (future === undefined) {
    const columns = names.map((name) => show(name)).join(', ')
    const expected = `a table of the ${layout.horizon} steps to come with ${columns}`
    throw new ValueError(complaint(who, 'future', expected, 'nothing'))
  }
  const times = future.column(read.time)
  if (times.type !== 'date' && times.type !== 'number') {
    const got = `a column of type ${times.type}`
    throw new ValueError(complaint(who, `future's ${show(read.time)}`, 'dates or numbers', got))
  }
  const keys = read.key === undefined ? null : future.column(read.key)
  const cells = names.map((name) => numbersOf(who, future, name))
  return series.map(({ key, start, target }) => {
    const out = names.map(() => new Float64Array(layout.horizon).fill(NaN))
    for (let row = 0; row < future.length; row++) {
      if (keys !== null && String(keys.get(row)) !== key) continue
      const place = stepsBetween(layout.frequency, start, times.values[row]!) - target.length
      if (Number.isInteger(place) && place >= 0 && place < layout.horizon)
        cells.forEach((values, i) => (out[i]![place] = values[row]!))
    }
    out.forEach((values, i) => {
      const gap = values.findIndex((value) => Number.isNaN(value))
      if (gap < 0) return
      const time = timeAfter(layout.frequency, start, target.length + gap)
      const at = dates ? new Date(time).toISOString() : String(time)
      const of = key === null ? '' : ` of ${show(key)}`
      throw new ValueError(
        complaint(who, 'future', `of a ${show(names[i])} for ${at}${of}`, 'none'),
      )
    })
    return out
  })
}
