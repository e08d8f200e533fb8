import type { Description } from './description.js'
import type { ColumnSummary } from './statistics.js'

/** Characters of a name or a category that are shown. */
const WIDEST = 28

const HEADER = [
  'column',
  'type',
  'gaps',
  'distinct',
  'mean',
  'std',
  'min',
  '25 %',
  '50 %',
  '75 %',
  'max',
]

/** A table for the console; the most frequent categories stand where numbers have their statistics. */
export function printed({
  rows,
  columns,
  target,
  warnings,
}: Omit<Description, 'toString'>): string {
  const lines = columns.map((column) => [
    safe(column.name),
    column.type,
    String(column.gaps),
    String(column.distinct),
    ...statistics(column),
  ])
  const widths = HEADER.map((title, i) =>
    Math.max(
      title.length,
      ...lines.filter((line) => line.length > 5 || i < 4).map((line) => (line[i] ?? '').length),
    ),
  )
  const row = (cells: readonly string[]): string =>
    cells
      .map((cell, i) =>
        i < 2 || (cells.length === 5 && i === 4)
          ? cell.padEnd(widths[i]!)
          : cell.padStart(widths[i]!),
      )
      .join('  ')
      .trimEnd()
  const what = `${rows} rows, ${columns.length} columns`
  const aim = target === null ? '' : `, target ${safe(target.name)}`
  return [
    what + aim,
    '',
    row(HEADER),
    ...lines.map(row),
    ...(warnings.length === 0 ? [] : ['', ...warnings.map((warning) => `! ${safe(warning, 400)}`)]),
  ].join('\n')
}

function statistics({ type, top, mean, std, min, quartiles, max }: ColumnSummary): string[] {
  if (type === 'category') {
    const shown = (top ?? []).map(([value, count]) => `${safe(value)} (${count})`)
    return [shown.join(', ')]
  }
  if (type === 'text' || min === undefined || max === undefined) return ['']
  if (mean === undefined || std === undefined || quartiles === undefined)
    return ['', '', day(min), '', '', '', day(max)]
  return [mean, std, min as number, ...quartiles, max as number].map(short)
}

function short(value: number): string {
  if (Number.isNaN(value)) return ''
  if (Number.isInteger(value) && Math.abs(value) < 1e12) return String(value)
  return String(Number(value.toPrecision(5)))
}

function day(moment: number | Date): string {
  return new Date(moment).toISOString().slice(0, 10)
}

/** Without what a terminal would obey. */
function safe(text: string, most = WIDEST): string {
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '\ufffd')
  return plain.length > most ? `${plain.slice(0, most - 1)}…` : plain
}
