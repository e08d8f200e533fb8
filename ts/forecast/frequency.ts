import { complaint, ValueError } from '../errors.js'
import { show } from '../show.js'
import type { UNITS } from './options.js'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

const STEPS: Readonly<Record<(typeof UNITS)[number], Frequency>> = {
  second: { unit: 'time', step: SECOND },
  minute: { unit: 'time', step: MINUTE },
  hour: { unit: 'time', step: HOUR },
  day: { unit: 'time', step: DAY },
  week: { unit: 'time', step: 7 * DAY },
  month: { unit: 'month', step: 1 },
  quarter: { unit: 'month', step: 3 },
  year: { unit: 'month', step: 12 },
}

/** How times follow on each other. */
export interface Frequency {
  /** Milliseconds, months of the calendar, or plain numbers. */
  readonly unit: 'time' | 'month' | 'number'
  readonly step: number
  /** Of months: the day of each, or its last one. */
  readonly day?: number | 'last'
}

const parts = (time: number): { month: number; day: number; rest: number } => {
  const date = new Date(time)
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth()
  return { month, day: date.getUTCDate(), rest: time - Math.floor(time / DAY) * DAY }
}

const daysOf = (month: number): number =>
  new Date(Date.UTC(Math.floor(month / 12), (month % 12) + 1, 0)).getUTCDate()

/** The time some steps after another one. */
export function timeAfter({ unit, step, day }: Frequency, start: number, steps: number): number {
  if (unit !== 'month') return start + steps * step
  const { month, day: own, rest } = parts(start)
  const to = month + steps * step
  const wanted = day === undefined ? own : day === 'last' ? 31 : day
  return Date.UTC(Math.floor(to / 12), to % 12, Math.min(wanted, daysOf(to))) + rest
}

/** Steps from one time to another; no whole number where it lies between two steps. */
export function stepsBetween(frequency: Frequency, start: number, time: number): number {
  const { unit, step } = frequency
  if (unit === 'number') return nearlyWhole((time - start) / step)
  if (unit === 'time') return (time - start) / step
  const steps = (parts(time).month - parts(start).month) / step
  return timeAfter(frequency, start, steps) === time ? steps : NaN
}

/** Numbers such as 0.1, 0.2, 0.3 are not quite evenly apart. */
function nearlyWhole(steps: number): number {
  const whole = Math.round(steps)
  return Math.abs(steps - whole) < 1e-6 ? whole : steps
}

/**
 * How the times of the series follow on each other: as it is said, or as it is found.
 *
 * @param series The times of each, in order and different.
 * @throws ValueError when no step leads from each to the next.
 */
export function frequencyOf(
  who: string,
  column: string,
  series: readonly Float64Array[],
  dates: boolean,
  given: (typeof UNITS)[number] | number | undefined,
): Frequency {
  const found = given === undefined ? foundIn(who, column, series, dates) : said(who, given, dates)
  const frequency = found.unit === 'month' ? { ...found, day: dayOf(series) } : found
  for (const times of series) {
    for (let i = 1; i < times.length; i++) {
      if (Number.isInteger(stepsBetween(frequency, times[0]!, times[i]!))) continue
      const shown = (time: number): string => (dates ? new Date(time).toISOString() : String(time))
      const expected = `times that are whole steps of ${inWords(frequency)} apart`
      const got = `${shown(times[i - 1]!)} and then ${shown(times[i]!)}`
      const hint = 'pass frequency, or bring the rows to even steps first'
      throw new ValueError(complaint(who, `column ${show(column)}`, expected, got, hint))
    }
  }
  return frequency
}

function said(who: string, given: (typeof UNITS)[number] | number, dates: boolean): Frequency {
  if (typeof given === 'number') return { unit: dates ? 'time' : 'number', step: given }
  if (dates) return STEPS[given]
  const hint = `a column of numbers has steps of a number`
  throw new ValueError(complaint(who, 'frequency', 'a number', show(given), hint))
}

function foundIn(
  who: string,
  column: string,
  series: readonly Float64Array[],
  dates: boolean,
): Frequency {
  let least = Infinity
  for (const times of series)
    for (let i = 1; i < times.length; i++) least = Math.min(least, times[i]! - times[i - 1]!)
  if (least === Infinity) {
    const hint = 'pass frequency where there is one row of each series'
    const expected = 'of two times at least'
    throw new ValueError(complaint(who, `column ${show(column)}`, expected, 'one', hint))
  }
  if (!dates) {
    // Of a long series, as 0.1 and 0.2 are not quite evenly apart.
    const spans = series.map((times) => times.at(-1)! - times[0]!)
    const span = Math.max(...spans)
    return { unit: 'number', step: span / Math.round(span / least) }
  }
  // Months are of different lengths, and 28 days may also be four weeks.
  const months = { unit: 'month', step: 1, day: dayOf(series) } as const
  const isMonthly = series.every((times) =>
    times.every((time) => Number.isInteger(stepsBetween(months, times[0]!, time))),
  )
  if (least < 28 * DAY || !isMonthly) return { unit: 'time', step: least }
  let step = 0
  for (const times of series)
    for (const time of times) step = divisor(step, stepsBetween(months, times[0]!, time))
  return { unit: 'month', step }
}

function dayOf(series: readonly Float64Array[]): number | 'last' {
  let most = 1
  let last = true
  for (const times of series) {
    for (const time of times) {
      const { month, day } = parts(time)
      most = Math.max(most, day)
      last &&= day === daysOf(month)
    }
  }
  return last ? 'last' : most
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b)
}

/** Steps of a season: a day of what is shorter than a day, a week of days, a year of what is longer. */
export function seasonOf({ unit, step }: Frequency): number {
  if (unit === 'number') return 1
  if (unit === 'month') return 12 % step === 0 ? 12 / step : 1
  if (step === DAY) return 7
  if (step === 7 * DAY) return 52
  // Of minutes an hour: a day of them is more than a network looks at.
  for (const span of [DAY, HOUR, MINUTE]) {
    const steps = span / step
    if (Number.isInteger(steps) && steps >= 2 && steps <= 288) return steps
  }
  return 1
}

/** For messages and descriptions. */
export function inWords({ unit, step }: Frequency): string {
  const own = unit === 'number' ? undefined : Object.entries(STEPS).find(([, each]) => each.unit === unit && each.step === step) // prettier-ignore
  if (own !== undefined) return `a ${own[0]}`
  if (unit === 'month') return `${step} months`
  if (unit === 'number') return String(step)
  for (const [name, { unit: of, step: ms }] of Object.entries(STEPS).reverse())
    if (of === 'time' && step % ms === 0) return `${step / ms} ${name}s`
  return `${step} ms`
}
