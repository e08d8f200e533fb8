// Runs in the page of a report: draws its curves with uPlot, and a confusion matrix that is too large
// for a table. Colours are those of the style sheet, so that light and dark are told in one place.
;(() => {
  const uPlot = globalThis.uPlot
  const report = JSON.parse(document.getElementById('report').textContent)
  const { epochs, best, charts, matrix } = report
  const HEIGHT = 220
  /** Distances between two epochs that are named: 1, 2, 5, 10, … */
  const EPOCH_STEPS = Array.from(
    { length: 24 },
    (_, i) => [1, 2, 5][i % 3] * 10 ** Math.floor(i / 3),
  )

  /** The charts that are drawn, by name. */
  const drawn = Object.create(null) // a metric may be called `constructor`
  const logarithmic = new Set()

  const colourOf = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim()

  function element(tag, text, style = {}) {
    const made = document.createElement(tag)
    if (text !== undefined) made.textContent = text
    for (const [name, value] of Object.entries(style)) made.style.setProperty(name, value)
    return made
  }

  /** A value as it is read from a curve. */
  function exact(value, percent) {
    if (value === null || value === undefined) return 'none'
    if (percent) return `${(100 * value).toFixed(2)} %`
    const size = Math.abs(value)
    if (size !== 0 && (size >= 1e7 || size < 1e-3)) return value.toExponential(3).replace('e+', 'e')
    if (size >= 1000) return Math.round(value).toLocaleString('en')
    return value.toPrecision(4)
  }

  /** Values along an axis, with as many digits as tell them apart. */
  function labels(values, percent) {
    const known = values.filter((value) => value !== null)
    const scaled = (value) => (percent ? 100 * value : value)
    const distance = Math.abs(scaled(known[1] ?? 0) - scaled(known[0] ?? 0))
    const largest = Math.max(...known.map((value) => Math.abs(scaled(value))))
    return values.map((value) => {
      if (value === null) return ''
      const shown = scaled(value)
      const unit = percent ? ' %' : ''
      if (shown === 0) return `0${unit}`
      if (largest >= 1e6) return `${trimmed(shown / 1e6)} M`
      if (largest >= 1e4) return `${trimmed(shown / 1e3)} k`
      if (largest < 1e-3) return shown.toExponential(1).replace('.0e', 'e')
      if (distance === 0) return trimmed(shown) + unit
      const digits = Math.max(0, Math.ceil(-Math.log10(distance) - 1e-9))
      return shown.toFixed(Math.min(8, digits)) + unit
    })
  }

  const trimmed = (value) => String(Number(value.toPrecision(3)))

  /** Powers of ten and what lies between them, on a logarithmic axis. */
  function logLabels(values, percent) {
    return values.map((value) => {
      if (value === null) return ''
      if (percent) return `${trimmed(100 * value)} %`
      const size = Math.abs(value)
      if (size >= 1e4 || size < 1e-3) return value.toExponential(0).replace('e+', 'e')
      return trimmed(value)
    })
  }

  function legendOf(chart) {
    const box = document.querySelector(`[data-legend="${CSS.escape(chart.id)}"]`)
    const items = chart.curves.map(({ name, colour }) => {
      const item = element('span')
      const value = element('b')
      item.append(element('i', undefined, { '--colour': `var(${colour})` }), name, value)
      return { item, value }
    })
    box.replaceChildren(...items.map(({ item }) => item))
    return (index) => {
      items.forEach(({ value }, i) => {
        const { values } = chart.curves[i]
        value.textContent = exact(values[index ?? values.length - 1], chart.percent)
      })
    }
  }

  /** Shows the values at the cursor, in the chart that the pointer is in. */
  function tooltip(chart) {
    const tip = element('div')
    tip.className = 'tip'
    tip.hidden = true
    return (plot) => {
      if (tip.parentNode === null) plot.over.append(tip)
      const { idx, left } = plot.cursor
      tip.hidden = idx === null || idx === undefined || !plot.over.matches(':hover')
      if (tip.hidden) return
      const lines = chart.curves.map(({ name, colour, values }) => {
        const line = element('p')
        const mark = element('i', undefined, { '--colour': `var(${colour})` })
        line.append(mark, name, element('b', exact(values[idx], chart.percent)))
        return line
      })
      tip.replaceChildren(element('b', `epoch ${epochs[idx]}`), ...lines)
      const width = plot.over.clientWidth
      const onLeft = left > width / 2
      tip.style.left = onLeft ? 'auto' : `${left + 14}px`
      tip.style.right = onLeft ? `${width - left + 14}px` : 'auto'
    }
  }

  /** A dashed line at the best epoch. */
  function markBest(plot) {
    if (best === null || epochs.length < 2) return
    const { ctx, bbox } = plot
    const x = Math.round(plot.valToPos(best, 'x', true))
    if (x < bbox.left || x > bbox.left + bbox.width) return
    ctx.save()
    ctx.strokeStyle = colourOf('--best')
    ctx.lineWidth = uPlot.pxRatio
    ctx.setLineDash([4 * uPlot.pxRatio, 4 * uPlot.pxRatio])
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.restore()
  }

  function draw(chart) {
    const box = document.querySelector(`[data-chart="${CSS.escape(chart.id)}"]`)
    if (box === null) return
    drawn[chart.id]?.destroy()
    const log = logarithmic.has(chart.id)
    const name = log ? logLabels : labels
    // What is not positive has no place on a logarithmic axis.
    const shown = chart.curves.map(({ values }) =>
      log ? values.map((value) => (value > 0 ? value : null)) : values,
    )
    const legend = legendOf(chart)
    const tip = tooltip(chart)
    const axis = {
      stroke: colourOf('--muted'),
      font: '11px system-ui, sans-serif',
      ticks: { show: false },
      grid: { stroke: colourOf('--grid'), width: 1 },
    }
    const options = {
      width: box.clientWidth,
      height: HEIGHT,
      padding: [8, 10, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        sync: { key: 'epochs', setSeries: false },
        drag: { x: true, y: false },
        points: { size: 7 },
      },
      scales: {
        x: { time: false, range: (_, min, max) => (min === max ? [min - 1, max + 1] : [min, max]) },
        y: log ? { distr: 3 } : {},
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          incrs: EPOCH_STEPS,
          space: 44,
          size: 28,
          values: (_, values) =>
            values.map((value) => (value < 1 ? '' : value.toLocaleString('en'))),
        },
        {
          ...axis,
          space: 36,
          gap: 4,
          values: (_, values) => name(values, chart.percent),
          size: (_, values) =>
            18 + 6.2 * Math.max(1, ...(values ?? []).map((value) => value.length)),
        },
      ],
      series: [
        {},
        ...chart.curves.map(({ name: label, colour }) => ({
          label,
          stroke: colourOf(colour),
          width: 1.75,
          spanGaps: false,
          points: { size: 5, fill: colourOf(colour), width: 0 },
        })),
      ],
      hooks: {
        setCursor: [(plot) => legend(plot.cursor.idx), tip],
        draw: [markBest],
      },
    }
    drawn[chart.id] = new uPlot(options, [epochs, ...shown], box)
    legend(null)
  }

  function drawMatrix() {
    const canvas = document.getElementById('matrix')
    if (canvas === null || matrix === null) return
    const { rows, labels: names } = matrix
    const size = rows.length
    const cell = Math.max(1, Math.floor(640 / size))
    canvas.width = canvas.height = cell * size
    const context = canvas.getContext('2d')
    const [card, right, wrong] = ['--card', '--right', '--wrong'].map(colourOf)
    context.fillStyle = card
    context.fillRect(0, 0, canvas.width, canvas.height)
    rows.forEach((row, i) => {
      const all = row.reduce((sum, value) => sum + value, 0)
      row.forEach((value, j) => {
        if (value === 0) return
        context.globalAlpha = Math.min(1, 0.12 + (i === j ? 0.88 : 3) * (value / all))
        context.fillStyle = i === j ? right : wrong
        context.fillRect(j * cell, i * cell, cell, cell)
      })
    })
    context.globalAlpha = 1
    const note = document.getElementById('matrix-at')
    canvas.onpointermove = ({ offsetX, offsetY }) => {
      const at = (offset) => Math.min(size - 1, Math.floor((offset / canvas.clientWidth) * size))
      const [i, j] = [at(offsetY), at(offsetX)]
      note.textContent = `${names[i]} answered as ${names[j]}: ${exact(rows[i][j], false)}`
    }
  }

  function drawAll() {
    charts.forEach(draw)
    drawMatrix()
  }

  for (const button of document.querySelectorAll('[data-log]')) {
    const { log: id } = button.dataset
    button.addEventListener('click', () => {
      if (!logarithmic.delete(id)) logarithmic.add(id)
      button.setAttribute('aria-pressed', String(logarithmic.has(id)))
      draw(charts.find((chart) => chart.id === id))
    })
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll)
  new ResizeObserver(() => {
    for (const [id, plot] of Object.entries(drawn)) {
      const { clientWidth } = document.querySelector(`[data-chart="${CSS.escape(id)}"]`)
      if (clientWidth !== plot.width) plot.setSize({ width: clientWidth, height: HEIGHT })
    }
  }).observe(document.querySelector('main'))
  drawAll()
  // To look at from the console of the browser.
  globalThis.gradlaneReport = { report, charts: drawn }
})()
