import { escapeHtml } from '../report/escape.js'
import { count } from '../report/words.js'
import { version } from '../version.js'
import type { ServedColumn, ServedModel } from './served-model.js'

/** More categories are offered while one types. */
const MOST_IN_MENU = 200

/** A form of the model's columns, which shows the prediction and why. Its script is `assets/form.js`. */
export function pageOf(model: ServedModel): string {
  const { title, target, classes, columns } = model
  const kind =
    classes === null ? 'predicts a number' : `predicts one of ${count(classes.length)} classes`
  const verdict =
    'Fill in a row and see what the model makes of it. What is left empty counts as unknown.'
  const body = `<div class="desk">
<form class="card" id="form" novalidate>
<div class="fields">
${columns.map(fieldOf).join('\n')}
</div>
<p class="actions"><button type="submit">Predict</button> <button type="reset">Clear</button></p>
</form>
<section class="card" id="result" aria-live="polite" data-target="${escapeHtml(target)}">
<h2>${escapeHtml(target)}</h2>
<p class="lead">Fill in what you know and press Predict.</p>
</section>
</div>
<p class="note">For programs: <code>POST predict</code> takes one row or an array of rows, described in <a href="openapi.json">openapi.json</a>.</p>`
  return documentOf(title, kind, verdict, body, true)
}

/** @param kind, verdict, body HTML. @param scripted Whether the page's script has something to do. */
export function documentOf(
  title: string,
  kind: string,
  verdict: string,
  body: string,
  scripted: boolean,
): string {
  const script = scripted ? '\n<script src="page.js" defer></script>' : ''
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">${script}
</head>
<body>
<main>
<header><p class="kicker">gradlane ${escapeHtml(version)} · ${kind}</p>
<h1>${escapeHtml(title)}</h1>
<p class="verdict">${verdict}</p></header>
${body}
</main>
</body>
</html>
`
}

function fieldOf(column: ServedColumn, index: number): string {
  const id = `field-${index}`
  const data = `id="${id}" data-name="${escapeHtml(column.name)}" data-type="${column.type}"`
  return `<div class="field"><label for="${id}">${escapeHtml(column.name)}</label>${controlOf(column, data, id)}<p class="problem" hidden></p></div>`
}

function controlOf(column: ServedColumn, data: string, id: string): string {
  const { type, categories = [], others = 0, range } = column
  const usual = range === undefined ? '' : ` placeholder="${range[0]} to ${range[1]}"`
  switch (type) {
    case 'number':
      return `<input ${data}${usual} type="number" step="any" inputmode="decimal" autocomplete="off">`
    case 'date':
      return `<input ${data} type="date">`
    case 'text':
      return `<textarea ${data} rows="2"></textarea>`
    case 'category':
      return categoriesOf(categories, others, data, id)
  }
}

function categoriesOf(
  categories: readonly string[],
  others: number,
  data: string,
  id: string,
): string {
  const options = categories.map((each) => {
    const text = escapeHtml(each)
    return `<option value="${text}">${text}</option>`
  })
  if (others === 0 && options.length > 0 && options.length <= MOST_IN_MENU)
    return `<select ${data}><option value="">unknown</option>${options.join('')}</select>`
  return `<input ${data} list="${id}-list" autocomplete="off"><datalist id="${id}-list">${options.join('')}</datalist>`
}
