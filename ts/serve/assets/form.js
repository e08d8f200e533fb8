// Runs in the page of a served model: sends the form as a row, shows the prediction and what each column
// adds to it. Names and categories are only ever set as text.
;(() => {
  /** Bars that are shown at once. */
  const MOST = 12

  const form = document.getElementById('form')
  const result = document.getElementById('result')
  const button = form.querySelector('[type=submit]')
  const fields = Array.from(form.querySelectorAll('[data-name]'))

  function element(tag, text, className) {
    const made = document.createElement(tag)
    if (text !== undefined) made.textContent = text
    if (className !== undefined) made.className = className
    return made
  }

  function valueOf(field) {
    if (field.value === '') return null
    return field.dataset.type === 'number' ? Number(field.value) : field.value
  }

  function rowOf() {
    const row = Object.create(null) // a column may be called __proto__
    for (const field of fields) row[field.dataset.name] = valueOf(field)
    return row
  }

  /** A number as it is read. */
  function shown(value) {
    const size = Math.abs(value)
    if (size !== 0 && (size >= 1e9 || size < 1e-4)) return value.toExponential(3)
    return value.toLocaleString('en', { maximumSignificantDigits: 5 })
  }

  const percent = (share) => `${(100 * share).toFixed(1)} %`

  function showProblem(field, message) {
    const problem = field.closest('.field').querySelector('.problem')
    problem.textContent = message
    problem.hidden = message === ''
    if (message === '') field.removeAttribute('aria-invalid')
    else field.setAttribute('aria-invalid', 'true')
  }

  function clear() {
    for (const field of fields) showProblem(field, '')
    result.replaceChildren(element('h2', result.dataset.target))
  }

  function list(items, make) {
    const bars = element('ul', undefined, 'bars')
    const rest = element('ul', undefined, 'bars')
    items.forEach((item, i) => (i < MOST ? bars : rest).append(make(item)))
    if (rest.childElementCount === 0) return [bars]
    const details = element('details')
    details.append(element('summary', `${rest.childElementCount} more`), rest)
    return [bars, details]
  }

  function shareBar([name, share]) {
    const item = element('li')
    const bar = element('progress')
    bar.max = 1
    bar.value = share
    bar.setAttribute('aria-label', name)
    item.append(element('span', name), element('span', percent(share)), bar)
    return item
  }

  function signedBar(largest) {
    return ({ column, contribution }) => {
      const item = element('li')
      const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
      svg.setAttribute('class', 'signed')
      svg.setAttribute('viewBox', '-100 0 200 8')
      svg.setAttribute('preserveAspectRatio', 'none')
      svg.setAttribute('aria-hidden', 'true')
      const bar = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
      const width = largest > 0 ? (100 * Math.abs(contribution)) / largest : 0
      bar.setAttribute('class', contribution < 0 ? 'minus' : 'plus')
      bar.setAttribute('x', String(contribution < 0 ? -width : 0))
      bar.setAttribute('width', String(width))
      bar.setAttribute('height', '8')
      svg.append(bar)
      const sign = contribution > 0 ? '+' : ''
      item.append(element('span', column), element('span', sign + shown(contribution)), svg)
      return item
    }
  }

  function showAnswer({ prediction, probabilities, warnings = [], of, baseline, contributions }) {
    clear()
    const text = typeof prediction === 'number' ? shown(prediction) : prediction
    result.append(element('p', text, 'prediction'))
    if (warnings.length > 0) {
      const remarks = element('ul', undefined, 'warnings')
      for (const { column, message } of warnings)
        remarks.append(element('li', `${column}: ${message}`))
      result.append(remarks)
    }
    if (probabilities !== undefined) {
      const shares = Object.entries(probabilities).sort(([, a], [, b]) => b - a)
      result.append(element('h3', 'Probabilities'), ...list(shares, shareBar))
    }
    const sorted = [...contributions].sort(
      (a, b) => Math.abs(b.contribution) - Math.abs(a.contribution),
    )
    const largest = Math.abs(sorted[0]?.contribution ?? 0)
    result.append(
      element('h3', 'Why'),
      element(
        'p',
        `What each column adds to ${of}, which is ${shown(baseline)} for a usual row.`,
        'note',
      ),
      ...list(sorted, signedBar(largest)),
    )
  }

  function showProblems(errors) {
    clear()
    result.append(element('p', 'This cannot be predicted.', 'lead'))
    const remarks = element('ul', undefined, 'warnings')
    for (const { column, message } of errors) {
      const field = fields.find((each) => each.dataset.name === column)
      if (field === undefined) remarks.append(element('li', message))
      else showProblem(field, message)
    }
    if (remarks.childElementCount > 0) result.append(remarks)
    form.querySelector('[aria-invalid]')?.focus()
  }

  /** What is no number leaves an empty value behind, which must not pass for an unknown one. */
  function unreadable() {
    return fields
      .filter((field) => field.validity.badInput)
      .map((field) => ({ column: field.dataset.name, message: 'This cannot be read.' }))
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const odd = unreadable()
    if (odd.length > 0) return showProblems(odd)
    button.disabled = true
    try {
      const response = await fetch('explain', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(rowOf()),
      })
      const answer = await response.json()
      if (response.ok) showAnswer(answer)
      else showProblems(answer.errors)
    } catch {
      showProblems([{ message: 'The server does not answer.' }])
    } finally {
      button.disabled = false
    }
  })
  form.addEventListener('reset', () => setTimeout(clear))
})()
