import type { History } from '../train/history.js'
import { isShare, namesOf } from './charts.js'
import { escapeHtml } from './escape.js'
import { duration, number, percent, some } from './words.js'
import { spoken, type Verdict } from './verdict.js'
import { logOf, type MetricResult } from '../train/records.js'

/** Rows up to which every epoch has one. */
const MOST_ROWS = 1000

/** The collapsed table of epochs. */
export function epochsSection(history: History, { best }: Verdict): string {
  const { epochs } = history
  if (epochs.length === 0) return ''
  const logs = namesOf(epochs)
  const share = new Map(logs.map((log) => [log, isShare(history, log, history.values(log))]))
  const every = Math.ceil(epochs.length / MOST_ROWS)
  const shown = epochs.filter(
    (_, i) => i % every === 0 || i === epochs.length - 1 || i === best?.index,
  )
  const rows = shown.map((record) => {
    const values = logs.map((log) => {
      const value = logOf(record.logs, log)
      if (value === undefined) return ''
      return share.get(log) ? percent(value) : number(value)
    })
    const cells = [
      ...values,
      record.lrs.map(number).join(' '),
      Number.isFinite(record.gradNorm) ? number(record.gradNorm!) : '',
      number(Math.round(record.samplesPerSecond)),
      duration(record.seconds + record.validationSeconds),
    ]
    const mark = epochs[best?.index ?? -1] === record ? ' class="best"' : ''
    return `<tr${mark}><th scope="row">${record.epoch + 1}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
  })
  const head = ['epoch', ...logs.map(spoken), 'learning rate', 'gradient norm', 'samples/s', 'time']
  const cells = head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('')
  const note = every === 1 ? '' : ` (every ${every}th is shown, and the best and the last)`
  return `<section id="epochs"><details><summary><h2>Table of epochs</h2><span>${some(epochs.length, 'epoch')}${note}</span></summary>
<div class="scroll"><table class="epochs"><thead><tr>${cells}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div></details></section>`
}

/** Metrics that have a number for each class, after the last epoch. */
export function byClassSection(history: History, labels: readonly string[] | null): string {
  const results = Object.entries(history.epochs.at(-1)?.results ?? {})
  const lists = results.filter((entry): entry is [string, number[]] => isList(entry[1]))
  const classes = Math.max(0, ...lists.map(([, values]) => values.length))
  if (classes === 0) return ''
  const head = ['class', ...lists.map(([name]) => spoken(name))]
  const rows = Array.from({ length: classes }, (_, i) => {
    const cells = lists.map(([name, values]) => {
      const value = values[i]
      if (value === undefined) return '<td></td>'
      return `<td>${isShare(history, name, values) ? percent(value) : number(value)}</td>`
    })
    return `<tr><th scope="row">${escapeHtml(labels?.[i] ?? String(i))}</th>${cells.join('')}</tr>`
  })
  const cells = head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('')
  return `<section id="classes"><h2>By class</h2>
<div class="scroll"><table class="epochs"><thead><tr>${cells}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div></section>`
}

function isList(value: MetricResult): value is number[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item: MetricResult) => typeof item === 'number')
  )
}
