import type { data } from '../index.js'
import { escapeHtml } from '../report/escape.js'
import { count, number, some } from '../report/words.js'
import { documentOf } from './page.js'

const MIDNIGHT = 'T00:00:00.000Z'

/** So many steps are listed. */
const MOST = 200

/** What a forecaster makes of the rows that it has learned from last. @param predict Not called where it needs more than these. */
export function forecastPageOf(
  title: string,
  description: data.ForecasterDescription,
  predict: () => readonly data.Forecast[],
): string {
  const { target, horizon, frequency, known } = description
  const kind = `forecasts ${some(horizon, 'step')} of ${escapeHtml(frequency)}`
  const next =
    known.length > 0
      ? `<p class="lead">A forecast needs ${escapeHtml(known.join(', '))} of the steps to come.</p>`
      : tableOf(description, predict())
  const body = `<section class="card"><h2>${escapeHtml(target)}</h2>
${next}
</section>
<p class="note">For programs: <code>POST predict</code> takes the latest rows, described in <a href="openapi.json">openapi.json</a>.</p>`
  const verdict = 'What follows on the rows that the model has learned from last.'
  return documentOf(title, kind, verdict, body, false)
}

function tableOf(
  { key, time, target }: data.ForecasterDescription,
  forecasts: readonly data.Forecast[],
): string {
  // prettier-ignore
  const header = [...(key === null ? [] : [key]), time, target, 'lower', 'upper']
  const lines = forecasts.slice(0, MOST).map((forecast) => {
    const { time } = forecast
    const at = typeof time === 'number' ? String(time) : time.toISOString().replace(MIDNIGHT, '')
    const first = [...(forecast.key === null ? [] : [forecast.key]), at]
    const figures = [forecast.value, forecast.lower, forecast.upper].map((value) => number(value))
    const [head, ...cells] = [...first, ...figures].map((cell) => escapeHtml(cell))
    return `<tr><th scope="row">${head!}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
  })
  const more = forecasts.length - lines.length
  const rest = more > 0 ? `<p class="note">and ${count(more)} more</p>` : ''
  const names = header.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('')
  return `<table class="steps"><thead><tr>${names}</tr></thead><tbody>
${lines.join('\n')}
</tbody></table>${rest}`
}
