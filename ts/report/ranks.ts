import type { History } from '../train/history.js'
import type { EpochRecord, RanksRecord } from '../train/records.js'
import { escapeHtml } from './escape.js'
import { duration, percent, some } from './words.js'

/** Shares of waiting that are further apart than this tell of a slow rank. */
const APART = 0.05

type SharedEpoch = EpochRecord & { readonly ranks: RanksRecord }

/** The epochs that were trained by as many ranks as the last training has. */
function sharedEpochs({ epochs, facts }: History): readonly SharedEpoch[] {
  const size = facts?.ranks?.length
  return epochs.filter(
    (epoch): epoch is SharedEpoch =>
      size !== undefined && epoch.ranks?.waitingSeconds.length === size,
  )
}

function total(epochs: readonly SharedEpoch[], of: (epoch: SharedEpoch) => number): number {
  return epochs.reduce((sum, epoch) => sum + of(epoch), 0)
}

/** `4 ranks on 2 hosts`; null for a process that trained alone. */
export function ranksOf({ facts }: History): string | null {
  const ranks = facts?.ranks ?? null
  if (ranks === null) return null
  const hosts = new Set(ranks.map(({ host }) => host)).size
  return `${some(ranks.length, 'rank')} on ${some(hosts, 'host')}`
}

/** Share of the time of all epochs in which the ranks did not wait; null where that is not known. */
export function efficiencyOf(history: History): number | null {
  const epochs = sharedEpochs(history)
  const seconds = total(epochs, (epoch) => epoch.seconds)
  if (seconds === 0) return null
  return total(epochs, ({ seconds, ranks }) => seconds * ranks.efficiency) / seconds
}

/** The section about the processes that trained together, and how far they kept each other waiting. */
export function ranksSection(history: History): string {
  const ranks = history.facts?.ranks ?? null
  if (ranks === null) return ''
  const epochs = sharedEpochs(history)
  const seconds = total(epochs, (epoch) => epoch.seconds)
  const waited = ranks.map((_, rank) => total(epochs, ({ ranks }) => ranks.waitingSeconds[rank]!))
  const rows = ranks.map(({ host, cores, threads }, rank) => {
    const share = seconds === 0 ? '' : percent(waited[rank]! / seconds)
    const cells = [escapeHtml(host), cores, threads, duration(waited[rank]!), share]
    return `<tr><th scope="row">${rank}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
  })
  const head = ['rank', 'host', 'cores', 'threads', 'waited', 'share of the time']
  const cells = head.map((name) => `<th scope="col">${name}</th>`).join('')
  return `<section id="ranks"><h2>Ranks</h2>
<p class="lead">${escapeHtml(leadOf(waited, seconds))}</p>
<div class="scroll"><table class="epochs"><thead><tr>${cells}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div></section>`
}

/** What the waiting tells. */
function leadOf(waited: readonly number[], seconds: number): string {
  const what =
    'Waiting: the time for which a rank stood still until the others had come and their numbers had arrived.'
  const least = waited.indexOf(Math.min(...waited))
  const apart = (Math.max(...waited) - waited[least]!) / seconds
  return apart > APART ? `${what} Rank ${least} waited least: the others waited for it.` : what
}
