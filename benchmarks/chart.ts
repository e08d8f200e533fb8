// The chart of a run: a bar a library, grouped by workload, on one logarithmic axis. A library that
// was measured in several forms stands with its fastest. The greys and the green keep a contrast of at
// least 3 to 1 on a white and on a nearly black page.
import type { Driver } from './drivers.js'
import type { Result } from './measure.js'
import { isMeasurement } from './report.js'
import { format } from './statistics.js'
import type { Training } from './training.js'
import type { Trial } from './trials.js'

const WIDTH = 860
const LABELS = 190 // where the bars begin
const VALUES = 170 // room for figures after the longest bar
const ROW = 18
const GAP = 32 // above each workload, for its name
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

/** Of the forms of a library the fastest; none where none could train the network. */
function fastest(
  forms: readonly Driver[],
  results: readonly Result[],
): { driver: Driver; median: number } | undefined {
  const measured = forms.flatMap((driver) => {
    const result = results.find((candidate) => candidate.driver === driver.name)
    return result && isMeasurement(result) ? [{ driver, median: result.median }] : []
  })
  return measured.sort((a, b) => a.median - b.median)[0]
}

/** Why none of the forms was measured. */
function reasons(forms: readonly Driver[], results: readonly Result[]): string {
  const texts = forms.flatMap(({ name, form }) => {
    const result = results.find((candidate) => candidate.driver === name)
    if (result === undefined || isMeasurement(result)) return []
    return `${form}: ${result.unsupported}`
  })
  return texts.length === 0 ? 'not installed' : texts.join('; ').slice(0, 105)
}

/** `2.15 compiled`: what tells a form from others, places of installation as versions. */
function formOf(driver: Driver, versions: Training['versions']): string {
  if (driver.ours) return driver.form
  const version = /^\d+\.\d+/.exec(Object.values(versions[driver.name] ?? {})[0] ?? '')?.[0]
  return `${version ?? ''} ${driver.form.replace(/\(.*\)/, '').trim()}`.trim()
}

export function chart(
  { results, versions }: Pick<Training, 'results' | 'versions'>,
  trials: readonly Trial[],
  drivers: readonly Driver[],
  footnote: string,
): string {
  const shown = trials.filter(({ name, charted }) => charted && results[name])
  const medians = shown.flatMap(({ name }) =>
    results[name]!.filter(isMeasurement).map(({ median }) => median),
  )
  const first = Math.floor(Math.log10(Math.min(...medians)))
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...medians))))
  const decade = (WIDTH - LABELS - VALUES) / (last - first)
  const x = (microseconds: number): number => LABELS + (Math.log10(microseconds) - first) * decade

  const marks: string[] = []
  const text = (left: number, top: number, content: string, attributes = ''): void => {
    marks.push(
      `<text x="${left.toFixed(1)}" y="${top}" fill="${TEXT}" ${attributes}>${escape(content)}</text>`,
    )
  }

  let y = TOP
  for (const { name, summary } of shown) {
    y += GAP
    text(LABELS, y - 7, `${name}: ${summary}`, 'font-weight="600"')
    for (const library of new Set(drivers.map((driver) => driver.library))) {
      const forms = drivers.filter((driver) => driver.library === library)
      const best = fastest(forms, results[name]!)
      const ours = best?.driver.ours === true && best.driver.name !== 'reference'
      const weight = ours ? 'font-weight="600"' : ''
      text(LABELS - 8, y + 13, library, `text-anchor="end" ${weight}`)
      if (best === undefined) {
        text(LABELS + 6, y + 13, reasons(forms, results[name]!), 'font-style="italic"')
      } else {
        const { driver, median } = best
        const width = Math.max(1, x(median) - LABELS).toFixed(1)
        marks.push(
          `<rect x="${LABELS}" y="${y + 3}" width="${width}" height="${ROW - 5}" rx="2" ` +
            `fill="${ours ? OURS : OTHERS}"/>`,
        )
        const form = formOf(driver, versions)
        const figure = duration(median) + (form === '' ? '' : ` · ${form}`)
        text(x(median) + 6, y + 13, figure, weight)
      }
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
    'Time of one training step (logarithmic axis; the shorter, the better)',
    'font-size="15" font-weight="600"',
  )
  text(16, height - 12, footnote, 'font-size="11"')

  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">
<title>Time of one training step, logarithmic scale</title>
${[...grid, ...marks].join('\n')}
</svg>
`
}
