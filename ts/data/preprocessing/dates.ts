import { complaint, ValueError } from '../../errors.js'
import { ByWriting } from './by-writing.js'
import { type Cells, type Input, type NumberCells } from './cells.js'

/** @internal */
export type DatePart =
  'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'weekday' | 'total_seconds'

/** A part that begins again after `period` of it; its first is `from`. */
function circleOf(period: number, from: number): Circle {
  const angles = Array.from(
    { length: period + from },
    (_, i) => (2 * Math.PI * (i - from)) / period,
  )
  return { sin: angles.map(Math.sin), cos: angles.map(Math.cos) }
}

/** Sine and cosine of each value of a part. */
interface Circle {
  readonly sin: readonly number[]
  readonly cos: readonly number[]
}

const CIRCLES: ReadonlyMap<DatePart, Circle> = new Map([
  ['month', circleOf(12, 1)],
  ['day', circleOf(31, 1)],
  ['hour', circleOf(24, 0)],
  ['minute', circleOf(60, 0)],
  ['second', circleOf(60, 0)],
  ['weekday', circleOf(7, 1)],
])

/** Parts of dates, a number or a point of a circle each; numbers beside them pass. @internal */
export class Dates extends ByWriting {
  constructor(
    readonly inputs: readonly Input[],
    readonly parts: readonly DatePart[],
    readonly circular: boolean,
  ) {
    super()
  }

  override outputs(inputs: readonly Input[]): Input[] {
    return inputs.flatMap(({ name, type }) => {
      const names = type === 'date' ? this.#names().map((part) => `${name}_${part}`) : [name]
      return names.map((one): Input => ({ name: one, type: 'number' }))
    })
  }

  #names(): string[] {
    return this.parts.flatMap((part) =>
      this.circular && CIRCLES.has(part) ? [`${part}_sin`, `${part}_cos`] : [part],
    )
  }

  override write(
    cells: readonly Cells[],
    _row: number,
    out: Float32Array | Float64Array,
    width: number,
    offset: number,
  ): void {
    let place = offset
    for (const some of cells) {
      const { type, values } = some as NumberCells
      if (type === 'date') place += this.#writeDates(values, out, width, place)
      else {
        for (let row = 0, at = place; row < values.length; row++, at += width)
          out[at] = values[row]!
        place += 1
      }
    }
  }

  #writeDates(
    values: Float64Array,
    out: Float32Array | Float64Array,
    width: number,
    offset: number,
  ): number {
    let place = offset
    for (const part of this.parts) {
      const found = valuesOf(values, part)
      const circle = this.circular ? CIRCLES.get(part) : undefined
      for (let row = 0, at = place; row < found.length; row++, at += width) {
        const value = found[row]!
        if (circle === undefined) out[at] = value
        else {
          out[at] = circle.sin[value] ?? NaN
          out[at + 1] = circle.cos[value] ?? NaN
        }
      }
      place += circle === undefined ? 1 : 2
    }
    return place - offset
  }

  /** By the seconds since 1970. @throws ValueError when they are no part. */
  override inverse(cells: readonly Cells[]): Cells[] {
    const names = this.#names()
    const seconds = names.indexOf('total_seconds')
    let place = 0
    return this.inputs.map(({ type }) => {
      if (type !== 'date') return cells[place++]!
      if (seconds < 0) {
        const hint = 'pass { addTotalSeconds: true }'
        const who = 'DatetimeEncoder.inverseTransform'
        throw new ValueError(
          complaint(who, 'the parts', 'with total_seconds', names.join(', '), hint),
        )
      }
      const { values } = cells[place + seconds] as NumberCells
      place += names.length
      return { type, values: values.map((value) => Math.round(value * 1000)) }
    })
  }

  override state(): Record<string, never> {
    return {}
  }
}

const DAY = 86_400_000

/** A part of each moment, in UTC; NaN of a gap. Without a Date for each, of which a million take a second. */
function valuesOf(moments: Float64Array, part: DatePart): Float64Array {
  const values = new Float64Array(moments.length)
  for (let row = 0; row < moments.length; row++) values[row] = valueOf(moments[row]!, part)
  return values
}

function valueOf(moment: number, part: DatePart): number {
  const days = Math.floor(moment / DAY)
  const rest = moment - days * DAY
  switch (part) {
    case 'total_seconds':
      return moment / 1000
    case 'weekday':
      return ((((days + 3) % 7) + 7) % 7) + 1 // 1970 began on a Thursday
    case 'hour':
      return Math.floor(rest / 3_600_000)
    case 'minute':
      return Math.floor(rest / 60_000) % 60
    case 'second':
      return Math.floor(rest / 1000) % 60
    default:
      return dateOf(days, part)
  }
}

/**
 * Year, month or day of a day since 1970, of years that begin in March, so that a leap day is their last.
 *
 * Source: Hinnant, chrono-Compatible Low-Level Date Algorithms, civil_from_days (2013).
 */
function dateOf(days: number, part: 'year' | 'month' | 'day'): number {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const ofEra = shifted - era * 146_097
  const year = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) /
      365,
  )
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100))
  const march = Math.floor((5 * ofYear + 2) / 153)
  if (part === 'day') return ofYear - Math.floor((153 * march + 2) / 5) + 1
  const month = march < 10 ? march + 3 : march - 9
  return part === 'month' ? month : year + era * 400 + (month <= 2 ? 1 : 0)
}
