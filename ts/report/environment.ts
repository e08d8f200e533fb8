import type { History } from '../train/history.js'
import { escapeHtml } from './escape.js'
import { ranksOf } from './ranks.js'
import { count, duration, some } from './words.js'
import type { TrainingFacts } from '../train/records.js'

/** The section about what was trained, how and where. */
export function environmentSection(history: History): string {
  const { facts } = history
  if (facts === null) return ''
  const groups: [string, [string, string | null][]][] = [
    ['Training', trainingOf(history, facts)],
    ['Machine', machineOf(facts)],
  ]
  const lists = groups.map(([title, pairs]) => {
    const rows = pairs.flatMap(([name, value]) =>
      value === null ? [] : [`<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`],
    )
    return `<div><h3>${title}</h3><dl>${rows.join('')}</dl></div>`
  })
  return `<section id="environment"><h2>Environment</h2>
<div class="columns">${lists.join('')}<div><h3>Model</h3><pre class="scroll">${escapeHtml(facts.model)}</pre></div></div></section>`
}

function trainingOf(history: History, facts: TrainingFacts): [string, string | null][] {
  const { epochs, mode, reason } = history
  const [training, validation] = [
    epochs.reduce((sum, { seconds }) => sum + seconds, 0),
    epochs.reduce((sum, { validationSeconds }) => sum + validationSeconds, 0),
  ]
  const split = validation > 0 ? `, ${duration(validation)} of it validation` : ''
  const each = facts.ranks === null ? '' : ' on each rank'
  const how = {
    captured: 'captured: on a thread of its own',
    eager: `eager: on the main thread, because ${reason ?? 'it was asked for'}`,
  }
  return [
    ['began', `${facts.started.slice(0, 19).replace('T', ' ')} UTC`],
    ['epochs', count(epochs.length)],
    ['time', duration(training + validation) + split],
    ['steps', mode === null ? null : how[mode]],
    ['optimizer', facts.optimizer],
    ['scheduler', facts.scheduler],
    ['criterion', facts.criterion],
    ['processes', ranksOf(history)],
    ['batch size', facts.batchSize === null ? null : `${count(facts.batchSize)}${each}`],
    ['accumulated', facts.accumulate === 1 ? null : `over ${some(facts.accumulate, 'batch')}`],
    ['clipped', facts.clipGradNorm === null ? null : `to norm ${facts.clipGradNorm}`],
    ['samples', facts.samples === null ? null : count(facts.samples)],
    ['for validation', facts.validationSamples === null ? null : count(facts.validationSamples)],
    ['parameters', count(facts.parameters)],
  ]
}

function machineOf({ environment }: TrainingFacts): [string, string | null][] {
  const { version, node, platform, cpu, cores, backend, isa, threads } = environment
  return [
    ['gradlane', version],
    ['Node', node],
    ['platform', platform],
    ['CPU', cpu],
    ['cores', count(cores)],
    ['backend', backend],
    ['instruction set', isa],
    ['threads', count(threads)],
  ]
}
