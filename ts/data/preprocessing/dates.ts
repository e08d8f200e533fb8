import { complaint, ValueError } from '../../errors.js'
import { ByWriting } from './by-writing.js'
import { type Cells, type Input, type NumberCells } from './cells.js'

/** @internal */
export type DatePart =
  'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'weekday' | 'total_seconds'

/** How many of a part there are, where they begin again; their first is `from`. */
const PERIODS: ReadonlyMap<DatePart, { readonly period: number; readonly from: number }> = new Map([
  ['month', { period: 12, from: 1 }],
  ['day', { period: 31, from: 1 }],
  ['hour', { period: 24, from: 0 }],
  ['minute', { period: 60, from: 0 }],
  ['second', { period: 60, from: 0 }],
  ['weekday', { period: 7, from: 1 }],
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
      this.circular && PERIODS.has(part) ? [`${part}_sin`, `${part}_cos`] : [part],
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
      values.forEach((value, row) => {
        const at = row * width + place
        if (type === 'date') this.#writeDate(value, out, at)
        else out[at] = value
      })
      place += type === 'date' ? this.#names().length : 1
    }
  }

  #writeDate(moment: number, out: Float32Array | Float64Array, start: number): void {
    const date = new Date(moment)
    let at = start
    for (const part of this.parts) {
      const value = valueOf(date, part)
      const cycle = this.circular ? PERIODS.get(part) : undefined
      if (cycle === undefined) out[at++] = value
      else {
        const angle = (2 * Math.PI * (value - cycle.from)) / cycle.period
        out[at++] = Math.sin(angle)
        out[at++] = Math.cos(angle)
      }
    }
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

function valueOf(date: Date, part: DatePart): number {
  switch (part) {
    case 'year':
      return date.getUTCFullYear()
    case 'month':
      return date.getUTCMonth() + 1
    case 'day':
      return date.getUTCDate()
    case 'hour':
      return date.getUTCHours()
    case 'minute':
      return date.getUTCMinutes()
    case 'second':
      return date.getUTCSeconds()
    case 'weekday':
      return date.getUTCDay() || 7
    case 'total_seconds':
      return date.getTime() / 1000
  }
}
