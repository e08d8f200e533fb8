// The chart of a run: one bar a driver, grouped by trial, on one logarithmic axis. Its two greys and
// its green keep a contrast of at least 3 to 1 on a white and on a nearly black page.
import type { Result } from './measure.js'
import { isMeasurement } from './report.js'
import { format } from './statistics.js'

const WIDTH = 860
const LABELS = 190 // where the bars begin
const VALUES = 110 // room for figures after the longest bar
const ROW = 20
const GAP = 34 // above each trial, for its name
const TOP = 58
const TEXT = '#6e7781'
const OTHERS = '#818b98'
const OURS = '#2da44e'

const escape = (text: string): string =>
  text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** `100 us`, `1 ms`, `10 s`. */
function duration(microseconds: number): string {
  if (microseconds < 1e3) return `${format(microseconds)} us`
  return microseconds < 1e6 ? `${format(microseconds / 1e3)} ms` : `${format(microseconds / 1e6)} s`
}

export function chart(
  results: Readonly<Record<string, readonly Result[]>>,
  labels: ReadonlyMap<string, string>,
  footnote: string,
): string {
  const trials = Object.entries(results).map(
    ([name, all]) => [name, all.filter(isMeasurement)] as const,
  )
  const times = trials.flatMap(([, measured]) => measured.map(({ median }) => median))
  const first = Math.floor(Math.log10(Math.min(...times)))
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...times))))
  const decade = (WIDTH - LABELS - VALUES) / (last - first)
  const x = (microseconds: number): number => LABELS + (Math.log10(microseconds) - first) * decade

  const marks: string[] = []
  const text = (left: number, top: number, content: string, attributes = ''): void => {
    marks.push(
      `<text x="${left.toFixed(1)}" y="${top}" fill="${TEXT}" ${attributes}>${escape(content)}</text>`,
    )
  }

  let y = TOP
  for (const [name, measured] of trials) {
    y += GAP
    text(LABELS, y - 8, name, 'font-weight="600"')
    for (const { driver, median } of measured) {
      const ours = driver === 'native'
      const weight = ours ? 'font-weight="600"' : ''
      text(LABELS - 8, y + 14, labels.get(driver) ?? driver, `text-anchor="end" ${weight}`)
      const width = Math.max(1, x(median) - LABELS).toFixed(1)
      marks.push(
        `<rect x="${LABELS}" y="${y + 3}" width="${width}" height="${ROW - 6}" rx="2" ` +
          `fill="${ours ? OURS : OTHERS}"/>`,
      )
      text(x(median) + 6, y + 14, duration(median), weight)
      y += ROW
    }
  }

  const height = y + 40
  const grid = Array.from({ length: last - first + 1 }, (_, i) => LABELS + i * decade).map(
    (left) =>
      `<line x1="${left.toFixed(1)}" x2="${left.toFixed(1)}" y1="${TOP}" y2="${y}" ` +
      `stroke="${TEXT}" stroke-opacity="0.25"/>`,
  )
  for (let i = 0; i <= last - first; ++i) {
    text(LABELS + i * decade, TOP - 6, duration(10 ** (first + i)), 'text-anchor="middle"')
  }
  text(
    16,
    22,
    'One training step (logarithmic axis; the shorter, the better)',
    'font-size="15" font-weight="600"',
  )
  text(16, height - 12, footnote, 'font-size="11"')

  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">
<title>Time of one training step, logarithmic scale</title>
${[...grid, ...marks].join('\n')}
</svg>
`
}
