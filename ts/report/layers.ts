import type { History } from '../train/history.js'
import { escapeHtml } from './escape.js'
import { count, duration, some } from './words.js'
import type { LayerRecord } from '../train/records.js'

/** The section about the modules and their times. */
export function layersSection({ layers: times, mode }: History): string {
  if (times === null) return ''
  const { layers, samples, reason, criterionMs } = times
  const timed = samples !== null
  const all = layers.reduce((sum, layer) => sum + whole(layer), criterionMs ?? 0)
  const longest = Math.max(...layers.map(whole), criterionMs ?? 0)
  const lead = timed
    ? `A step over ${some(samples, 'sample')}, run module by module after the training, takes ${duration(all / 1000)} without the optimizer.${mode === 'captured' ? ' The captured steps of the training were faster by what JavaScript takes between modules.' : ''}`
    : `Times were not measured: ${escapeHtml(reason ?? '')}.`
  const key = timed
    ? '<p class="key"><span><i class="forward"></i>forward</span><span><i class="backward"></i>backward</span></p>'
    : ''
  const rows = layers.map((layer) => rowOf(layer, timed ? longest : null, all))
  if (criterionMs !== null) {
    const bar = barOf(criterionMs, 0, longest)
    rows.push(
      `<tr class="criterion"><th scope="row">criterion</th><td></td><td></td><td></td>${timeCell(criterionMs, all, bar)}</tr>`,
    )
  }
  const head = ['module', 'output', 'parameters', 'multiply-adds', ...(timed ? ['time'] : [])]
  const cells = head.map((name) => `<th scope="col">${name}</th>`).join('')
  return `<section id="layers"><h2>Model and time per layer</h2>
<p class="lead">${lead}</p>${key}
<table class="layers"><thead><tr>${cells}</tr></thead><tbody>${rows.join('\n')}</tbody></table></section>`
}

function rowOf(layer: LayerRecord, longest: number | null, all: number): string {
  const { path, module, depth, parameters, outputShape, multiplyAdds } = layer
  const name = path === '' ? 'model' : (path.split('.').at(-1) ?? path)
  const shape = outputShape === null ? '' : outputShape.map((size) => count(size)).join(' × ')
  const { forwardMs, backwardMs } = layer
  let time = ''
  if (longest !== null) {
    time =
      forwardMs === null || backwardMs === null
        ? '<td class="time"><span>not run</span></td>'
        : timeCell(whole(layer), all, barOf(forwardMs, backwardMs, longest))
  }
  return `<tr><th scope="row" style="--depth:${depth}"><small>${escapeHtml(name)}</small> ${escapeHtml(module)}</th>
<td data-of="output">${shape}</td><td data-of="parameters">${parameters === 0 ? '' : count(parameters)}</td><td data-of="multiply-adds">${multiplyAdds ? count(multiplyAdds) : ''}</td>${time}</tr>`
}

function timeCell(ms: number, all: number, bar: string): string {
  const share = all > 0 ? `${((100 * ms) / all).toFixed(0)} %` : ''
  return `<td class="time">${bar}<span>${duration(ms / 1000)} <small>${share}</small></span></td>`
}

function barOf(forwardMs: number, backwardMs: number, longest: number): string {
  const part = (ms: number, name: string): string => {
    const width = longest > 0 ? (100 * ms) / longest : 0
    return `<i class="${name}" style="width:${width.toFixed(2)}%" title="${name} ${duration(ms / 1000)}"></i>`
  }
  return `<span class="bar">${part(forwardMs, 'forward')}${part(backwardMs, 'backward')}</span>`
}

function whole({ forwardMs, backwardMs }: LayerRecord): number {
  return (forwardMs ?? 0) + (backwardMs ?? 0)
}
