import type { ForecastStep } from '../train/records.js'
import { escapeHtml } from './escape.js'
import { number } from './words.js'

const WIDTH = 960
const HEIGHT = 260
const LEFT = 62
const RIGHT = 12
const TOP = 10
const BOTTOM = HEIGHT - 24
const MIDNIGHT = /T00:00:00\.000Z$/

/** A longer way between two steps that came, in units of the shortest, is a gap. Months differ by less. */
const GAP = 1.5

type Forecast = ForecastStep & Required<Pick<ForecastStep, 'value' | 'lower' | 'upper'>>

/** The chart of a series. */
export interface Drawn {
  readonly svg: string
  /** Values that came inside of their interval, of those that were forecast and are known. */
  readonly held: number
  readonly known: number
}

interface Place {
  readonly x: (step: ForecastStep) => number
  readonly y: (value: number) => number
}

/** What came, the forecasts and their intervals over time; there are gaps for what is not finite. */
export function drawing(key: string | null, steps: readonly ForecastStep[]): Drawn {
  const runs = runsOf(steps)
  const came = [...new Map(steps.filter(isKnown).map((step) => [at(step), step])).values()]
  came.sort((a, b) => at(a) - at(b))
  const judged = steps.filter(isJudged)
  const outside = judged.filter((step) => !isHeld(step))
  const counts = { held: judged.length - outside.length, known: judged.length }
  const shown = [...came, ...runs.flat()]
  if (shown.length === 0) return { svg: '<p class="empty">No finite value to draw.</p>', ...counts }

  const values = [...came.map(({ actual }) => actual!), ...runs.flat().flatMap(figuresOf)]
  const [low, high] = widened(values)
  const first = shown.reduce((a, b) => (at(b) < at(a) ? b : a))
  const last = shown.reduce((a, b) => (at(b) > at(a) ? b : a))
  const span = at(last) - at(first)
  const place: Place = {
    x: (step) =>
      span === 0
        ? (LEFT + WIDTH - RIGHT) / 2
        : LEFT + ((at(step) - at(first)) / span) * (WIDTH - LEFT - RIGHT),
    y: (value) => BOTTOM - ((value - low) / (high - low)) * (BOTTOM - TOP),
  }
  const parts = [
    ...gridLines(low, high, place),
    ...runs.map((run) => `<path class="interval" d="${band(run, place)}"/>`),
    ...connected(came).map((run) => curve('came', run, ({ actual }) => actual!, place)),
    ...runs.map((run) => curve('forecast', run, ({ value }) => value!, place)),
    ...outside.map(
      (step) =>
        `<circle class="outside" cx="${fixed(place.x(step))}" cy="${fixed(place.y(step.actual!))}" r="3"/>`,
    ),
    ...runs.flat().map((step) => spot(step, place)),
    timeLabel(first, LEFT, 'start'),
    ...(span === 0 ? [] : [timeLabel(last, WIDTH - RIGHT, 'end')]),
  ]
  const label = escapeHtml(key === null ? 'Forecast' : `Forecast of ${key}`)
  const svg = `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">${parts.join('')}</svg>`
  return { svg, ...counts }
}

/** Whether it is known how far the forecast was off. */
export function isJudged(step: ForecastStep): boolean {
  return isForecast(step) && isKnown(step)
}

/** Whether what came lies inside of the interval. */
export function isHeld({ lower, upper, actual }: ForecastStep): boolean {
  return actual! >= lower! && actual! <= upper!
}

function isKnown({ actual }: ForecastStep): boolean {
  return Number.isFinite(actual)
}

function isForecast(step: ForecastStep): step is Forecast {
  return [step.value, step.lower, step.upper].every(Number.isFinite)
}

/** Forecasts that follow on each other, as they were made at once. */
function runsOf(steps: readonly ForecastStep[]): Forecast[][] {
  const runs: Forecast[][] = []
  let next: number | null = null
  for (const step of steps) {
    if (!isForecast(step)) {
      next = null
      continue
    }
    if (step.step === next) runs.at(-1)!.push(step)
    else runs.push([step])
    next = step.step + 1
  }
  return runs
}

/** Steps that came, where nothing is missing between. */
function connected(came: readonly ForecastStep[]): ForecastStep[][] {
  const shortest = Math.min(...came.slice(1).map((step, i) => at(step) - at(came[i]!)))
  const runs: ForecastStep[][] = []
  for (const step of came) {
    const before = runs.at(-1)?.at(-1)
    if (before !== undefined && at(step) - at(before) <= GAP * shortest) runs.at(-1)!.push(step)
    else runs.push([step])
  }
  return runs
}

function curve(
  kind: string,
  run: readonly ForecastStep[],
  valueOf: (step: ForecastStep) => number,
  { x, y }: Place,
): string {
  const points = run.map((step) => [fixed(x(step)), fixed(y(valueOf(step)))] as const)
  if (points.length === 1)
    return `<circle class="${kind} alone" cx="${points[0]![0]}" cy="${points[0]![1]}" r="2.5"/>`
  return `<path class="${kind}" d="M${points.map((point) => point.join(' ')).join('L')}"/>`
}

/** There along the upper ends of the intervals, back along the lower ones; its outline shows that of one step. */
function band(run: readonly Forecast[], { x, y }: Place): string {
  const there = run.map((step) => `${fixed(x(step))} ${fixed(y(step.upper))}`)
  const back = run.map((step) => `${fixed(x(step))} ${fixed(y(step.lower))}`).reverse()
  return `M${[...there, ...back].join('L')}Z`
}

/** What tells the figures of a step where one points at it. */
function spot(step: Forecast, { x, y }: Place): string {
  const { value, lower, upper, actual } = step
  const came = isKnown(step) ? `, came ${number(actual!)}` : ''
  const about = `${timeOf(step)}: ${number(value)}, ${number(lower)} to ${number(upper)}${came}`
  return `<circle class="spot" cx="${fixed(x(step))}" cy="${fixed(y(value))}" r="6"><title>${escapeHtml(about)}</title></circle>`
}

/** Lines at two to six round values, which are named with as many digits as tell them apart. */
function gridLines(low: number, high: number, { y }: Place): string[] {
  const rough = (high - low) / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const distance = [1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9))! * power
  const digits = Math.min(20, Math.max(0, -Math.floor(Math.log10(distance) + 1e-9)))
  const plain = Math.max(Math.abs(low), Math.abs(high)) < 1e7 && digits < 7
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  const first = Math.ceil(low / distance)
  const many = Math.floor(high / distance) - first + 1
  return Array.from({ length: many }, (_, i) => {
    const value = (first + i) * distance
    const name = plain ? value.toLocaleString('en', options).replace('-', '−') : number(value)
    const height = fixed(y(value))
    return `<line class="rule" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${height}" y2="${height}"/><text x="${LEFT - 8}" y="${fixed(y(value) + 4)}" text-anchor="end">${name}</text>`
  })
}

function timeLabel(step: ForecastStep, x: number, anchor: string): string {
  return `<text x="${x}" y="${HEIGHT - 6}" text-anchor="${anchor}">${timeOf(step)}</text>`
}

/** The least and the most; around them where they are one. */
function widened(values: readonly number[]): [low: number, high: number] {
  const low = values.reduce((a, b) => Math.min(a, b))
  const high = values.reduce((a, b) => Math.max(a, b))
  const half = high - low > 1e-9 * Math.abs(high) ? 0 : Math.max(1e-3, Math.abs(low) / 2)
  return [low - half, high + half]
}

function figuresOf({ value, lower, upper }: Forecast): number[] {
  return [value, lower, upper]
}

function at({ time }: ForecastStep): number {
  return typeof time === 'number' ? time : time.getTime()
}

function timeOf({ time }: ForecastStep): string {
  return typeof time === 'number' ? String(time) : time.toISOString().replace(MIDNIGHT, '')
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10)
}
