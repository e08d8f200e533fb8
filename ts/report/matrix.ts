import { escapeHtml } from './escape.js'
import { count, percent, some } from './words.js'
import { measureOf } from './charts.js'
import type { EpochRecord, MetricResult } from '../train/records.js'

/** Classes up to which every count can be read. */
const MOST_IN_TABLE = 24
const MOST_MISTAKES = 8

interface Matrix {
  readonly validation: boolean
  readonly rows: readonly (readonly number[])[]
  readonly labels: readonly string[]
}

/** A confusion matrix as the page's script draws it, where it is too large for a table. */
export interface DrawnMatrix {
  readonly rows: readonly (readonly number[])[]
  readonly labels: readonly string[]
}

/** The confusion matrix of an epoch, that of the validation before that of the training. */
export function matrixOf(
  record: EpochRecord | undefined,
  labels: readonly string[] | null,
): Matrix | null {
  const found = Object.entries(record?.results ?? {})
    .filter((entry): entry is [string, number[][]] => isSquare(entry[1]))
    .map(([log, rows]) => ({ validation: measureOf(log).validation, rows }))
  const chosen = found.find(({ validation }) => validation) ?? found[0]
  if (chosen === undefined) return null
  const names = chosen.rows.map((_, i) => labels?.[i] ?? String(i))
  return { ...chosen, labels: names }
}

/** What of a matrix the page's script draws; null where a table shows all. */
export function drawnOf(matrix: Matrix | null): DrawnMatrix | null {
  if (matrix === null || matrix.rows.length <= MOST_IN_TABLE) return null
  return { rows: matrix.rows, labels: matrix.labels }
}

/** The section about a confusion matrix. */
export function matrixSection(matrix: Matrix | null, epoch: number): string {
  if (matrix === null) return ''
  const { rows, validation } = matrix
  const whose = validation ? 'validation' : 'training'
  const body =
    rows.length <= MOST_IN_TABLE
      ? table(matrix)
      : `<canvas id="matrix" width="640" height="640" role="img" aria-label="Confusion matrix of ${rows.length} classes"></canvas><p id="matrix-at" class="note">A row for each true class, a column for each answer, in the same order.</p>`
  return `<section id="confusion"><h2>Confusion matrix</h2>
<p class="lead">Answers to the ${whose} samples after epoch ${epoch + 1}: a row for each true class, a column for each answer.</p>
<div class="split"><div class="scroll">${body}</div>${mistakes(matrix)}</div></section>`
}

function table({ rows, labels }: Matrix): string {
  const shares = rows.map((row) => row.map((value) => ratio(value, sum(row))))
  const columns = rows.map((_, j) => sum(rows.map((row) => row[j]!)))
  const whole = rows.flat().every(Number.isInteger)
  const head = labels.map((label) => `<th scope="col">${escapeHtml(label)}</th>`).join('')
  const body = rows.map((row, i) => {
    const cells = row.map((value, j) => {
      const text = value === 0 ? '' : whole ? count(value) : value.toFixed(3)
      const share = shares[i]![j]!
      const about = `${labels[i]!} answered as ${labels[j]!}: ${whole ? count(value) : value.toPrecision(4)}, ${percent(share)} of the row`
      const kind = i === j ? 'right' : 'wrong'
      return `<td class="${kind}${share > 0.5 ? ' deep' : ''}" style="--share:${share.toFixed(3)}" title="${escapeHtml(about)}">${text}</td>`
    })
    const recall = percent(shares[i]![i]!)
    return `<tr><th scope="row">${escapeHtml(labels[i]!)}</th>${cells.join('')}<td class="edge">${recall}</td></tr>`
  })
  const precisions = rows.map(
    (row, j) => `<td class="edge">${shortPercent(ratio(row[j]!, columns[j]!))}</td>`,
  )
  return `<table class="matrix"><thead><tr><th scope="col"><span>true ↓ answer →</span></th>${head}<th scope="col" class="edge">recall</th></tr></thead>
<tbody>${body.join('\n')}</tbody><tfoot><tr><th scope="row" class="edge">precision</th>${precisions.join('')}<td></td></tr></tfoot></table>`
}

function mistakes({ rows, labels }: Matrix): string {
  const pairs = rows
    .flatMap((row, i) => row.map((value, j) => ({ i, j, value, share: ratio(value, sum(row)) })))
    .filter(({ i, j, value }) => i !== j && value > 0)
    .sort((a, b) => b.value - a.value)
    .slice(0, MOST_MISTAKES)
  if (pairs.length === 0) return '<p class="aside">No sample was mistaken.</p>'
  const items = pairs.map(({ i, j, value, share }) => {
    const often = Number.isInteger(value)
      ? `${some(value, 'time')}, ${percent(share)}`
      : percent(share)
    return `<li><b>${escapeHtml(labels[i]!)}</b> as <b>${escapeHtml(labels[j]!)}</b><span>${often}</span></li>`
  })
  return `<div class="aside"><h3>Most frequent mistakes</h3><ol class="mistakes">${items.join('')}</ol></div>`
}

function isSquare(value: MetricResult): value is number[][] {
  return (
    Array.isArray(value) &&
    value.length > 1 &&
    value.every(
      (row: MetricResult) =>
        Array.isArray(row) &&
        row.length === value.length &&
        row.every((cell: MetricResult) => typeof cell === 'number'),
    )
  )
}

function ratio(value: number, of: number): number {
  return of === 0 ? 0 : value / of
}

function shortPercent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
