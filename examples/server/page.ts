/** The page that shows a training live. One file, no dependencies; light and dark. */
export const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>gradlane</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
  svg { width: 100%; height: 16rem; border: 1px solid #8886; border-radius: 6px }
  polyline { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke }
  #loss { stroke: #d9480f } #accuracy { stroke: #1971c2 }
  button { font: inherit; padding: .2rem .8rem }
  .loss { color: #d9480f } .accuracy { color: #1971c2 }
</style>
<h1>Training</h1>
<p><b id="state">…</b> <span id="numbers"></span></p>
<svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="loss and accuracy by epoch">
  <polyline id="loss" /><polyline id="accuracy" />
</svg>
<p><span class="loss">loss</span> and <span class="accuracy">accuracy</span> by epoch</p>
<p><button id="stop">Stop</button> <button id="resume">Resume</button></p>
<script type="module">
  const by = (id) => document.getElementById(id)
  let points = []
  const draw = () => {
    const last = points.at(-1)
    by('numbers').textContent = last
      ? \`epoch \${last.epoch} of \${last.epochs}, loss \${last.loss.toFixed(4)}, accuracy \${(100 * last.accuracy).toFixed(1)} %\`
      : ''
    const top = Math.max(...points.map((p) => p.loss), 1e-9)
    const line = (of) => points.map((p) => \`\${(100 * p.epoch) / p.epochs},\${100 - 96 * of(p)}\`).join(' ')
    by('loss').setAttribute('points', line((p) => p.loss / top))
    by('accuracy').setAttribute('points', line((p) => p.accuracy))
  }
  const events = new EventSource('/events')
  events.addEventListener('state', ({ data }) => { by('state').textContent = JSON.parse(data) })
  events.addEventListener('history', ({ data }) => { points = JSON.parse(data); draw() })
  events.addEventListener('progress', ({ data }) => {
    const point = JSON.parse(data)
    points = [...points.filter((p) => p.epoch < point.epoch), point]
    draw()
  })
  for (const id of ['stop', 'resume']) by(id).onclick = () => fetch('/' + id, { method: 'POST' })
</script>
</html>
`
