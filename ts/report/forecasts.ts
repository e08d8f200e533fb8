import { types } from 'node:util'

import type { ForecastStep } from '../train/records.js'
import { escapeHtml } from './escape.js'
import { type Drawn, drawing, isHeld, isJudged } from './forecast-chart.js'
import { count, percent, some } from './words.js'

/** Series that are shown at once; others unfold, up to the most. */
const MOST_SHOWN = 4
const MOST = 100

/** Whether each is a step of a forecast or of what came, and all times are of one kind. */
export function areSteps(value: unknown): value is readonly ForecastStep[] {
  if (!Array.isArray(value)) return false
  const kinds = new Set<boolean>()
  const sound = value.every((each: unknown) => {
    const { key, time, step, ...rest } = Object(each) as Record<string, unknown>
    const date = types.isDate(time)
    kinds.add(date)
    const figures = [rest.value, rest.lower, rest.upper]
    return (
      (key === null || typeof key === 'string') &&
      Number.isFinite(date ? time.getTime() : time) &&
      Number.isInteger(step) &&
      (figures.every(isNumber) || figures.every((figure) => figure === undefined)) &&
      (rest.actual === undefined || isNumber(rest.actual))
    )
  })
  return sound && kinds.size < 2
}

/** The section about forecasts: for each series what came, what was forecast, and the intervals. */
export function forecastsSection(steps: readonly ForecastStep[] | undefined): string {
  if (steps === undefined || steps.length === 0) return ''
  const series = new Map<string | null, ForecastStep[]>()
  for (const step of steps) {
    const own = series.get(step.key)
    if (own === undefined) series.set(step.key, [step])
    else own.push(step)
  }
  const drawn = [...series].slice(0, MOST).map(([key, own]) => ({ key, ...drawing(key, own) }))
  const figures = drawn.map(figure)
  const rest = figures.slice(MOST_SHOWN)
  const undrawn = series.size - drawn.length
  const note =
    undrawn === 0 ? '' : `<p class="note">${count(undrawn)} more series are not drawn.</p>`
  const more =
    rest.length === 0
      ? ''
      : `<details><summary>${count(rest.length)} more series</summary><div class="grid">${rest.join('\n')}</div>${note}</details>`
  return `<section id="forecasts"><h2>Forecasts</h2>
<p class="lead">${lead(steps)}</p>
<p class="key"><span><i class="of-came"></i>what came</span><span><i class="of-forecast"></i>forecast</span><span><i class="of-interval"></i>interval</span><span><i class="of-outside"></i>came outside of it</span></p>
<div class="grid forecasts">${figures.slice(0, MOST_SHOWN).join('\n')}</div>${more}</section>`
}

function figure({ key, svg, held, known }: Drawn & { readonly key: string | null }): string {
  const share = known === 0 ? '' : `<span>${count(held)} of ${count(known)} held</span>`
  const caption = key === null ? '' : `<figcaption><b>${escapeHtml(key)}</b>${share}</figcaption>`
  return `<figure>${caption}${svg}</figure>`
}

function lead(steps: readonly ForecastStep[]): string {
  const known = steps.filter(isJudged)
  if (known.length === 0) return 'What is expected next. Point at a step to read it.'
  const held = known.filter(isHeld)
  const share = percent(held.length / known.length)
  return `Intervals held ${share} of ${some(known.length, 'value')} that came. Point at a step to read it.`
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}
