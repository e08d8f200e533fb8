import type { History } from '../train/history.js'
import { type StopRecord, validationName } from '../train/records.js'
import { isShare, measureOf, namesOf } from './charts.js'
import { number, percent, ranges, some, titleOf } from './words.js'

/** What a training came to, in words. */
export interface Verdict {
  readonly headline: string
  readonly remarks: readonly string[]
  /** The log that the best epoch was chosen by; null where nothing finite was logged. */
  readonly best: Best | null
}

export interface Best {
  readonly log: string
  /** Counted from 0, as an index into the history. */
  readonly index: number
  readonly value: number
  readonly final: number
  readonly percent: boolean
}

/** A loss that has risen by so much over its lowest is said to have risen. */
const RISEN = 1.05

export function verdictOf(history: History): Verdict {
  const best = bestOf(history)
  return { headline: headlineOf(history, best), remarks: remarksOf(history), best }
}

/** A value of the log that was chosen, as text. */
export function shown(best: Best, value: number): string {
  return best.percent ? percent(value) : number(value)
}

/** `valAccuracy` is `Validation accuracy`. */
export function spoken(log: string): string {
  const { name, validation } = measureOf(log)
  const title = titleOf(name)
  const plain = /^[A-Z][a-z]/.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title
  return `${validation ? 'Validation' : 'Training'} ${plain}`
}

function bestOf(history: History): Best | null {
  const metrics = history.facts?.metrics ?? []
  const rising = metrics.filter(({ higherIsBetter }) => higherIsBetter).map(({ name }) => name)
  for (const log of [...rising.map(validationName), 'valLoss', ...rising, 'loss']) {
    const values = history.values(log)
    const falls = log === 'valLoss' || log === 'loss'
    let index = -1
    values.forEach((value, i) => {
      if (!Number.isFinite(value)) return
      const leading = index < 0 ? NaN : values[index]!
      if (index < 0 || (falls ? value < leading : value > leading)) index = i
    })
    if (index < 0) continue
    const [value, final] = [values[index]!, values.at(-1)!]
    return { log, index, value, final, percent: isShare(history, log, values) }
  }
  return null
}

function headlineOf({ epochs, outcome }: History, best: Best | null): string {
  if (epochs.length === 0) {
    if (outcome === 'aborted') return 'The training was aborted in its first epoch.'
    if (outcome === 'failed') return 'The training failed in its first epoch.'
    return 'No epoch was trained.'
  }
  if (best === null) return `Nothing finite was measured in ${some(epochs.length, 'epoch')}.`
  const what = spoken(best.log)
  if (epochs.length === 1) return `${what} is ${shown(best, best.value)} after one epoch.`
  const at = `${shown(best, best.value)} in epoch ${epochs[best.index]!.epoch + 1}`
  if (best.index === epochs.length - 1) {
    return `${what} was best at the end: ${at} of ${epochs.at(-1)!.epoch + 1}.`
  }
  return `${what} was best with ${at} and ended at ${shown(best, best.final)}.`
}

function remarksOf(history: History): string[] {
  const { epochs, outcome, weights, stopped, warnings } = history
  const remarks: string[] = []
  if (epochs.length === 0) return remarks
  const after = `after ${some(epochs.length, 'epoch')}`
  if (outcome === 'stopped') remarks.push(stoppedBy(stopped, after))
  if (outcome === 'aborted') remarks.push(`The training was aborted ${after}.`)
  if (outcome === 'failed') remarks.push(`The training ended with an error ${after}.`)
  remarks.push(...warnings.map(sentence))
  for (const log of namesOf(epochs)) remarks.push(...gapsOf(history, log))
  const odd = Object.entries(weights.at(-1)?.parameters ?? {}).filter((entry) => entry[1].notFinite)
  if (odd.length > 0) {
    const names = odd.slice(0, 4).map(([name]) => name)
    const more = odd.length > 4 ? ` and ${odd.length - 4} more` : ''
    remarks.push(`There are weights that are not finite in ${names.join(', ')}${more}.`)
  }
  remarks.push(...overfitted(history))
  if (!namesOf(epochs).some((log) => measureOf(log).validation)) {
    remarks.push('There was no validation data, so nothing tells how it does on new samples.')
  }
  return remarks
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

/** Who ended the training, and why. */
function stoppedBy(record: StopRecord | null, after: string): string {
  const { by, reason } = record ?? { by: 'A callback', reason: '' }
  const why = reason.startsWith(`${by}: `) ? reason.slice(by.length + 2) : reason
  return sentence(`${by} ended the training ${after}${why === '' ? '' : `: ${why}`}`)
}

/** Where a log was no finite number. */
function gapsOf(history: History, log: string): string[] {
  const at = history.epochs.filter(
    ({ logs }) => Object.hasOwn(logs, log) && !Number.isFinite(logs[log]),
  )
  if (at.length === 0) return []
  const nan = at.every(({ logs }) => Number.isNaN(logs[log]))
  const when =
    at.length === history.epochs.length
      ? 'in every epoch'
      : `in epoch${at.length === 1 ? '' : 's'} ${ranges(at.map(({ epoch }) => epoch + 1))}`
  const what = nan ? 'was NaN' : 'was infinite or NaN'
  return [`${spoken(log)} ${what} ${when}: its curve has a gap there.`]
}

function overfitted(history: History): string[] {
  const [validation, training] = [history.values('valLoss'), history.values('loss')]
  const lowest = Math.min(...validation.filter(Number.isFinite))
  const at = validation.indexOf(lowest)
  const [last, trained] = [validation.at(-1)!, training.at(-1)!]
  if (at < 0 || !(lowest > 0 && last > lowest * RISEN && trained < training[at]!)) return []
  const when = `After epoch ${history.epochs[at]!.epoch + 1}`
  return [
    `${when} the validation loss rose from ${number(lowest)} to ${number(last)} while the training ` +
      'loss went on falling: the model has begun to overfit.',
  ]
}
