import type { Importance } from '../train/records.js'
import { escapeHtml } from './escape.js'
import { count, number, percent, some } from './words.js'

/** Columns that are shown at once; others unfold. */
const MOST_SHOWN = 20

/** Whether it has what the section shows. */
export function isImportance(value: unknown): value is Importance {
  const { metric, score, rows, repeats, columns } = Object(value) as Record<string, unknown>
  return (
    (metric === 'accuracy' || metric === 'r2') &&
    [score, rows, repeats].every((figure) => typeof figure === 'number') &&
    Array.isArray(columns) &&
    columns.every((column: unknown) => {
      const { name, importance, deviation } = Object(column) as Record<string, unknown>
      const figures = typeof importance === 'number' && typeof deviation === 'number'
      return typeof name === 'string' && figures
    })
  )
}

/** The section about what the model needs of its columns. */
export function importanceSection(importance: Importance | undefined): string {
  if (importance === undefined || importance.columns.length === 0) return ''
  const { metric, score, rows, repeats, columns } = importance
  const shares = metric === 'accuracy'
  const longest = Math.max(...columns.map((column) => column.importance), 0)
  const lines = columns.map(({ name, importance: loss, deviation }) => {
    const width = longest > 0 ? (100 * Math.max(0, loss)) / longest : 0
    const bar = `<span class="bar"><i class="forward" style="width:${width.toFixed(2)}%"></i></span>`
    const value = shares
      ? `${(100 * loss).toFixed(2)} ± ${(100 * deviation).toFixed(2)}`
      : `${number(loss)} ± ${number(deviation)}`
    return `<tr><th scope="row">${escapeHtml(name)}</th><td class="time">${bar}<span>${value}</span></td></tr>`
  })
  const unit = shares ? 'points of accuracy' : 'R²'
  const rest = lines.slice(MOST_SHOWN)
  const more =
    rest.length === 0
      ? ''
      : `<details><summary>${some(rest.length, 'more column')}</summary>${table(rest, unit)}</details>`
  return `<section id="why"><h2>Why: what the model needs</h2>
<p class="lead">What it loses of ${shares ? `its accuracy of ${percent(score)}` : `its R² of ${number(score)}`} when the cells of a column are shuffled between ${count(rows)} rows, the mean of ${some(repeats, 'time')} ± the standard deviation. Columns that tell the same stand in for each other.</p>
${table(lines.slice(0, MOST_SHOWN), unit)}${more}</section>`
}

function table(lines: readonly string[], unit: string): string {
  return `<table class="layers"><thead><tr><th scope="col">column</th><th scope="col">${unit} lost</th></tr></thead><tbody>${lines.join('\n')}</tbody></table>`
}
