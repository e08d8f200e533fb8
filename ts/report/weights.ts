import { escapeHtml } from './escape.js'
import { number, some } from './words.js'
import type { WeightHistogram, WeightRecord } from '../train/records.js'

const WIDTH = 280
const LEFT = 34
const RIGHT = 6
const TOP = 44
const STEP = 11
const PEAK = 40
const AXIS = 20
/** Curves of one parameter that can be told apart. */
const MOST_CURVES = 12
/** Parameters that are shown at once; others unfold. */
const MOST_SHOWN = 12

/** The section about the distribution of the weights. */
export function weightsSection(records: readonly WeightRecord[]): string {
  const last = records.at(-1)
  if (last === undefined) return ''
  const chosen = spread(records, MOST_CURVES)
  const figures = Object.keys(last.parameters).map((path) => figure(path, chosen))
  if (figures.length === 0) return ''
  const rest = figures.slice(MOST_SHOWN)
  const more =
    rest.length === 0
      ? ''
      : `<details><summary>${some(rest.length, 'more parameter')}</summary><div class="grid ridges">${rest.join('\n')}</div></details>`
  const [first] = chosen
  const when =
    chosen.length === 1
      ? `after epoch ${last.epoch + 1}`
      : `from epoch ${first!.epoch + 1} (back) to epoch ${last.epoch + 1} (front)`
  return `<section id="weights"><h2>Weights</h2>
<p class="lead">How the elements of each parameter are distributed, ${when}. Each curve has the height of its own peak.</p>
<div class="grid ridges">${figures.slice(0, MOST_SHOWN).join('\n')}</div>${more}</section>`
}

/** Up to so many records at equal distances, the first and the last among them. */
function spread(records: readonly WeightRecord[], most: number): WeightRecord[] {
  if (records.length <= most) return [...records]
  const at = (i: number): WeightRecord =>
    records[Math.round((i * (records.length - 1)) / (most - 1))]!
  return Array.from({ length: most }, (_, i) => at(i))
}

function figure(path: string, records: readonly WeightRecord[]): string {
  const rows = records.flatMap(({ epoch, parameters }) => {
    const histogram = parameters[path]
    return histogram === undefined ? [] : [{ epoch, histogram }]
  })
  const lowest = Math.min(...rows.map(({ histogram }) => histogram.min))
  const highest = Math.max(...rows.map(({ histogram }) => histogram.max))
  const half = lowest === highest ? Math.max(1e-3, Math.abs(lowest) / 2) : 0
  const [min, max] = [lowest - half, highest + half]
  const scale = (WIDTH - LEFT - RIGHT) / (max - min)
  const x = (value: number): number => LEFT + (value - min) * scale
  const bottom = TOP + (rows.length - 1) * STEP
  const curves = rows.map(({ epoch, histogram }, i) => {
    const age = rows.length === 1 ? 1 : i / (rows.length - 1)
    const front = i === rows.length - 1
    const about = `epoch ${epoch + 1}: mean ${number(histogram.mean)}, standard deviation ${number(histogram.std)}, ${number(histogram.min)} to ${number(histogram.max)}`
    const d = curve(histogram, x, TOP + i * STEP)
    return `<path class="${front ? 'front' : 'ridge'}" style="--age:${age.toFixed(2)}" d="${d}"><title>${escapeHtml(about)}</title></path>`
  })
  const zero =
    min < 0 && max > 0
      ? `<line class="zero" x1="${fixed(x(0))}" x2="${fixed(x(0))}" y1="4" y2="${bottom}"/>`
      : ''
  const names = [rows[0]!, rows.at(-1)!].map(
    ({ epoch }, i) =>
      `<text x="${LEFT - 6}" y="${(i === 0 ? TOP : bottom) + 3}" text-anchor="end">${epoch + 1}</text>`,
  )
  const { mean, std, notFinite } = rows.at(-1)!.histogram
  const odd = notFinite === 0 ? '' : ` <strong>${some(notFinite, 'element')} not finite</strong>`
  const height = bottom + AXIS
  return `<figure><figcaption><b>${escapeHtml(path)}</b><span>${number(mean)} ± ${number(std)}${odd}</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Distribution of ${escapeHtml(path)}">${zero}${curves.join('')}${rows.length > 1 ? names.join('') : names[0]!}
<text x="${LEFT}" y="${height - 5}">${number(min)}</text><text x="${WIDTH - RIGHT}" y="${height - 5}" text-anchor="end">${number(max)}</text></svg></figure>`
}

/** The outline of a histogram above a base line; a spike where all elements are the same. */
function curve(
  { min, max, counts }: WeightHistogram,
  x: (value: number) => number,
  base: number,
): string {
  const peak = Math.max(1, ...counts)
  if (min === max) {
    const at = x(min)
    return `M${fixed(at - 1.5)} ${base}L${fixed(at)} ${base - PEAK}L${fixed(at + 1.5)} ${base}Z`
  }
  const width = (max - min) / counts.length
  const points = counts.map((value, i) => {
    const y = base - (PEAK * value) / peak
    return `${fixed(x(min + (i + 0.5) * width))} ${fixed(y)}`
  })
  return `M${fixed(x(min))} ${base}L${points.join('L')}L${fixed(x(max))} ${base}Z`
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10)
}
