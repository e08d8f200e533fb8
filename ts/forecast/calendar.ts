import { DAY, type Frequency } from './frequency.js'

const YEAR = 365.2425 * DAY
/** 5 January 1970 was a Monday. */
const MONDAY = 4 * DAY

/** Spans that a calendar repeats, in milliseconds, and when the first of them began. */
const SPANS = { day: [DAY, 0], week: [7 * DAY, MONDAY], year: [YEAR, 0] } as const

/** The spans that steps of a frequency see something of. */
export function spansOf({ unit, step }: Frequency): (keyof typeof SPANS)[] {
  if (unit === 'number') return []
  if (unit === 'month') return step < 12 ? ['year'] : []
  if (step < DAY) return ['day', 'week', 'year']
  return step < 7 * DAY ? ['week', 'year'] : step < 180 * DAY ? ['year'] : []
}

/** Where a time lies in these spans: sine and cosine of each, so that the end is near the beginning. */
export function calendarOf(spans: readonly (keyof typeof SPANS)[], time: number): number[] {
  return spans.flatMap((name) => {
    const [span, start] = SPANS[name]
    const angle = (2 * Math.PI * (time - start)) / span
    return [Math.sin(angle), Math.cos(angle)]
  })
}
