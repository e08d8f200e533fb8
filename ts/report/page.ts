import { isName } from '../check.js'
import { type Option, type Options, names, readOptions } from '../options.js'
import type { History } from '../train/history.js'
import type { ForecastStep, Importance, ReportOptions } from '../train/records.js'
import { type Assets, assets } from './assets.js'
import { type Chart, chartsOf } from './charts.js'
import { environmentSection } from './environment.js'
import { byClassSection, epochsSection } from './epochs.js'
import { escapeHtml, scriptJson } from './escape.js'
import { areSteps, forecastsSection } from './forecasts.js'
import { importanceSection, isImportance } from './importance.js'
import { layersSection } from './layers.js'
import { drawnOf, matrixOf, matrixSection } from './matrix.js'
import { efficiencyOf, ranksOf, ranksSection } from './ranks.js'
import { type Best, shown, spoken, type Verdict, verdictOf } from './verdict.js'
import { weightsSection } from './weights.js'
import { count, duration, number, percent, some } from './words.js'

const TITLE: Option<string | number> = {
  initial: 'Training report',
  expected: 'a text or number',
  accepts: isName,
}

const IMPORTANCE: Option<Importance | undefined> = {
  initial: undefined,
  expected: 'what data.permutationImportance gives',
  accepts: isImportance,
}

const FORECASTS: Option<readonly ForecastStep[] | undefined> = {
  initial: undefined,
  expected: 'a list of what Forecaster.recent, predict and backtest give',
  accepts: areSteps,
}

const OPTIONS = {
  title: TITLE,
  labels: names(),
  importance: IMPORTANCE,
  forecasts: FORECASTS,
} satisfies Options<ReportOptions>

/** A history as one page of HTML that needs nothing else. */
export function pageOf(history: History, options: ReportOptions = {}): string {
  const read = readOptions('report', OPTIONS, options)
  const { title: titled, labels: given, importance, forecasts } = read
  const title = String(titled)
  const labels = given?.map(String) ?? history.facts?.labels ?? null
  const last = history.epochs.at(-1)
  const verdict = verdictOf(history)
  const charts = chartsOf(history)
  const matrix = matrixOf(last, labels)
  const data = {
    epochs: history.epochs.map(({ epoch }) => epoch + 1),
    best: verdict.best === null ? null : history.epochs[verdict.best.index]!.epoch + 1,
    charts,
    matrix: drawnOf(matrix),
  }
  const body = [
    header(title, history, verdict),
    forecastsSection(forecasts),
    chartsSection(charts, verdict.best),
    matrixSection(matrix, last?.epoch ?? 0),
    byClassSection(history, labels),
    importanceSection(importance),
    weightsSection(history.weights),
    layersSection(history),
    ranksSection(history),
    epochsSection(history, verdict),
    environmentSection(history),
  ]
  return document(title, body.filter((part) => part !== '').join('\n'), data, assets())
}

function document(title: string, body: string, data: unknown, parts: Assets): string {
  const notice = parts.uPlotLicense.replaceAll('*/', '* /').trim()
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="gradlane">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>
${parts.uPlotStyle}
${parts.style}</style>
</head>
<body>
<main>
${body}
</main>
<script type="application/json" id="report">${scriptJson(data)}</script>
<script>
/*! uPlot
${notice}
*/
${parts.uPlotScript}
</script>
<script>
${parts.script}</script>
</body>
</html>
`
}

function header(title: string, history: History, verdict: Verdict): string {
  const remarks = verdict.remarks.map((remark) => `<li>${escapeHtml(remark)}</li>`).join('')
  const list = remarks === '' ? '' : `<ul class="remarks">${remarks}</ul>`
  return `<header><p class="kicker">${escapeHtml(kickerOf(history))}</p>
<h1>${escapeHtml(title)}</h1>
<p class="verdict">${escapeHtml(verdict.headline)}</p>
${list}${tiles(history, verdict.best)}</header>`
}

function kickerOf({ facts }: History): string {
  if (facts === null) return 'gradlane'
  const { version, backend } = facts.environment
  return `gradlane ${version} · ${backend} backend · ${facts.started.slice(0, 10)}`
}

/** The figures that one looks for first. */
function tiles(history: History, best: Best | null): string {
  const { epochs, facts } = history
  const last = epochs.at(-1)
  if (last === undefined) return ''
  const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds + epoch.validationSeconds, 0)
  const samples = epochs.reduce((sum, epoch) => sum + epoch.samplesPerSecond * epoch.seconds, 0)
  const trained = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0)
  const figures: [string, string, string][] = []
  if (best !== null) {
    const when = `epoch ${epochs[best.index]!.epoch + 1}`
    figures.push([`Best ${spoken(best.log).toLowerCase()}`, shown(best, best.value), when])
  }
  for (const log of ['valLoss', 'loss']) {
    if (last.logs[log] === undefined || best?.log === log) continue
    figures.push([`Final ${spoken(log).toLowerCase()}`, number(last.logs[log]), 'last epoch'])
  }
  const gap = gapOf(history)
  if (gap !== null) figures.push(gap)
  figures.push(['Time', duration(seconds), some(epochs.length, 'epoch')])
  const speed = samples / trained
  figures.push(['Throughput', number(speed), 'samples a second'])
  const efficiency = efficiencyOf(history)
  if (efficiency !== null) figures.push(['Efficiency', percent(efficiency), ranksOf(history)!])
  if (facts !== null)
    figures.push(['Parameters', count(facts.parameters), `trained by ${facts.optimizer}`])
  const items = figures.map(
    ([name, value, note]) =>
      `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd><dd class="note">${escapeHtml(note)}</dd></div>`,
  )
  return `<dl class="tiles">${items.join('')}</dl>`
}

/** How far training accuracy is ahead of validation accuracy at the end. */
function gapOf(history: History): [string, string, string] | null {
  const { accuracy, valAccuracy } = history.last
  if (accuracy === undefined || valAccuracy === undefined) return null
  return ['Final validation accuracy', percent(valAccuracy), `training ${percent(accuracy)}`]
}

function chartsSection(charts: readonly Chart[], best: Best | null): string {
  if (charts.length === 0) return ''
  const figures = charts.map(({ id, title, curves }) => {
    const drawn = curves.some(({ values }) => values.some((value) => value !== null))
    const body = drawn
      ? `<div class="plot" data-chart="${escapeHtml(id)}"></div>`
      : '<p class="empty">No finite value to draw.</p>'
    const logarithmic = drawn
      ? `<button type="button" data-log="${escapeHtml(id)}" aria-pressed="false" title="Logarithmic scale">log</button>`
      : ''
    return `<figure class="chart"><figcaption><h3>${escapeHtml(title)}</h3>${logarithmic}</figcaption><div class="legend" data-legend="${escapeHtml(id)}"></div>${body}</figure>`
  })
  const line = best === null ? '' : ' The dashed line marks the best epoch.'
  return `<section id="curves"><h2>Curves</h2>
<p class="lead">By epoch. Point at a curve to read it, drag to zoom, double-click to see all.${line}</p>
<div class="grid charts">${figures.join('\n')}</div></section>`
}
