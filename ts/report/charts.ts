import type { History } from '../train/history.js'
import { titleOf } from './words.js'
import { type EpochRecord, validationName } from '../train/records.js'

/** A curve over the epochs; null where there is no finite number. */
export interface Curve {
  readonly name: string
  /** The variable of the style sheet that colours it. */
  readonly colour: string
  readonly values: readonly (number | null)[]
}

export interface Chart {
  readonly id: string
  readonly title: string
  /** Shares of 1 are shown as percentages. */
  readonly percent: boolean
  readonly curves: readonly Curve[]
}

/** Of the charts that show no logs. */
const OWN_IDS = ['lr', 'gradNorm', 'samplesPerSecond', 'efficiency']

/** A log by what it measures, and whether on validation data. */
export function measureOf(log: string): { readonly name: string; readonly validation: boolean } {
  if (!/^val[^a-z]/.test(log)) return { name: log, validation: false }
  return { name: log.charAt(3).toLowerCase() + log.slice(4), validation: true }
}

/** Whether values of a log are shares of 1. */
export function isShare({ facts }: History, log: string, values: readonly number[]): boolean {
  const metric = facts?.metrics.find(({ name }) => name === log || validationName(name) === log)
  if (!metric?.isShare) return false
  return values.every((value) => !Number.isFinite(value) || (value >= 0 && value <= 1))
}

/** The charts of a history: loss first, then metrics, learning rates, gradients, throughput, efficiency of ranks. */
export function chartsOf(history: History): Chart[] {
  const { epochs } = history
  const logs = namesOf(epochs).filter((name) => name !== 'gradNorm' && !isRate(name))
  const measures = [...new Set(logs.map((log) => measureOf(log).name))]
  const measured = measures.map((measure): Chart => {
    const own = logs.filter((log) => measureOf(log).name === measure)
    const curves = own.map((log): Curve => {
      const [name, colour] = measureOf(log).validation
        ? ['validation', '--validation']
        : ['training', '--training']
      return { name, colour, values: finite(history.values(log)) }
    })
    const percent = own.every((log) => isShare(history, log, history.values(log)))
    const id = OWN_IDS.includes(measure) ? `metric ${measure}` : measure
    return { id, title: titleOf(measure), percent, curves }
  })
  const own = [ratesOf(epochs), gradientsOf(history), throughputOf(epochs), efficiencyOf(epochs)]
  return [...measured, ...own].filter(({ curves }) => curves.length > 0)
}

/** Names of all logs in the order in which they came. */
export function namesOf(epochs: readonly EpochRecord[]): string[] {
  return [...new Set(epochs.flatMap(({ logs }) => Object.keys(logs)))]
}

function ratesOf(epochs: readonly EpochRecord[]): Chart {
  const groups = Math.max(0, ...epochs.map(({ lrs }) => lrs.length))
  const curves = Array.from({ length: groups }, (_, group): Curve => {
    const name = groups === 1 ? 'at the end of the epoch' : `group ${group}`
    const values = finite(epochs.map(({ lrs }) => lrs[group] ?? NaN))
    return { name, colour: `--hue${group % 6}`, values }
  })
  return { id: 'lr', title: 'Learning rate', percent: false, curves }
}

function gradientsOf(history: History): Chart {
  const { epochs } = history
  const curves: Curve[] = []
  const add = (name: string, values: readonly number[]): void => {
    if (values.every(Number.isNaN)) return
    curves.push({ name, colour: `--hue${curves.length}`, values: finite(values) })
  }
  add('mean of all steps, before clipping', history.values('gradNorm'))
  add(
    'last step of the epoch',
    epochs.map(({ gradNorm }) => gradNorm ?? NaN),
  )
  return { id: 'gradNorm', title: 'Gradient norm', percent: false, curves }
}

function throughputOf(epochs: readonly EpochRecord[]): Chart {
  const values = finite(epochs.map(({ samplesPerSecond }) => samplesPerSecond))
  const curves = [{ name: 'samples per second', colour: '--hue0', values }]
  return {
    id: 'samplesPerSecond',
    title: 'Throughput',
    percent: false,
    curves: epochs.length ? curves : [],
  }
}

function efficiencyOf(epochs: readonly EpochRecord[]): Chart {
  const values = finite(epochs.map(({ ranks }) => ranks?.efficiency ?? NaN))
  const several = epochs.some(({ ranks }) => ranks !== undefined)
  const curves = [{ name: 'time that ranks did not wait', colour: '--hue0', values }]
  return { id: 'efficiency', title: 'Efficiency', percent: true, curves: several ? curves : [] }
}

/** Learning rates that `LearningRateMonitor` has put among the logs. */
function isRate(log: string): boolean {
  return /^lr(\d+|\..*)?$/.test(log)
}

function finite(values: readonly number[]): (number | null)[] {
  return values.map((value) => (Number.isFinite(value) ? value : null))
}
