/** Whether the day or the month comes first where both are numbers before the year. */
export type DateOrder = 'dmy' | 'mdy'

const MONTHS = new Map(
  'january february march april may june july august september october november december'
    .split(' ')
    .flatMap((name, month) => [
      [name, month + 1] as const,
      [name.slice(0, 3), month + 1] as const,
      [name.slice(0, 4), month + 1] as const,
    ]),
)

const TIME = String.raw`(?:[Tt ](\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d+))?)? ?([Zz]|[+-]\d\d(?::?\d\d)?)?)?$`
const YEAR_FIRST = new RegExp(String.raw`^(\d{4})([-/.])(\d\d?)\2(\d\d?)${TIME}`)
const NUMBERS = new RegExp(String.raw`^(\d\d?)([-/.])(\d\d?)\2(\d{4})${TIME}`)
const DAY_FIRST = new RegExp(String.raw`^(\d\d?)[ -]([A-Za-z]{3,9})\.?[ -](\d{4})${TIME}`)
const MONTH_FIRST = new RegExp(String.raw`^([A-Za-z]{3,9})\.? (\d\d?),? (\d{4})${TIME}`)
const MONTH = /^(\d{4})-(\d\d)$/

/**
 * The moment that a text names, in milliseconds since 1970; NaN when it names none. What it may be:
 * 2024-03-31, 2024/3/31, 2024-03, 31.3.2024, 31/3/2024, 3/31/2024, 31 March 2024, 31-Mar-2024,
 * Mar 31, 2024; behind all but a mere month perhaps a time, 16:05, 16:05:30 or 16:05:30.250, and behind that
 * Z or an offset as +02:00. Without one, and without a time, it is UTC, whatever the machine's own zone.
 *
 * @param order What 3/4/2024 and 3-4-2024 are; without it they are none. 3.4.2024 is the third of April.
 * @internal
 */
export function momentOf(text: string, order?: DateOrder): number {
  let match = YEAR_FIRST.exec(text)
  if (match !== null) return moment(match, Number(match[1]), Number(match[3]), Number(match[4]))
  match = NUMBERS.exec(text)
  if (match !== null) {
    const [, first, mark, second, year] = match
    const [day, month] = dayAndMonth(Number(first), Number(second), mark === '.' ? 'dmy' : order)
    return moment(match, Number(year), month, day)
  }
  match = DAY_FIRST.exec(text)
  if (match !== null) return moment(match, Number(match[3]), named(match[2]!), Number(match[1]), 4)
  match = MONTH_FIRST.exec(text)
  if (match !== null) return moment(match, Number(match[3]), named(match[1]!), Number(match[2]), 4)
  match = MONTH.exec(text)
  return match === null ? NaN : moment(match, Number(match[1]), Number(match[2]), 1)
}

function dayAndMonth(first: number, second: number, order?: DateOrder): [number, number] {
  if (order === 'dmy' || (order === undefined && first > 12)) return [first, second]
  if (order === 'mdy' || second > 12 || first === second) return [second, first]
  return [NaN, NaN]
}

function named(month: string): number {
  return MONTHS.get(month.toLowerCase()) ?? NaN
}

/** @param time The group of the match that holds the hour. */
function moment(
  match: RegExpExecArray,
  year: number,
  month: number,
  day: number,
  time = 5,
): number {
  const midnight = utc(year, month, day)
  // As Date: no 30 February.
  if (!(month >= 1 && month <= 12) || new Date(midnight).getUTCDate() !== day) return NaN
  if (match[time] === undefined) return midnight
  const hour = Number(match[time])
  const minute = Number(match[time + 1])
  const second = Number(match[time + 2] ?? 0)
  if (hour > 23 || minute > 59 || second > 59) return NaN
  const millis = Math.round(Number(`0.${match[time + 3] ?? 0}`) * 1000)
  const offset = offsetOf(match[time + 4])
  return midnight + ((hour * 60 + minute - offset) * 60 + second) * 1000 + millis
}

/** Also for the years before 100, which Date.UTC takes for those of the last century. */
function utc(year: number, month: number, day: number): number {
  if (year >= 100) return Date.UTC(year, month - 1, day)
  return new Date(0).setUTCFullYear(year, month - 1, day)
}

/** In minutes. */
function offsetOf(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', ''))
  return zone.startsWith('-') ? -minutes : minutes
}
