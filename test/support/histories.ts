import {
  History,
  type EpochRecord,
  type LayerRecord,
  type RankFacts,
  type RanksRecord,
  type TrainingFacts,
} from '../../ts/index.js'

/** What can be told from these by reading the page: every number is a different one. */
export interface HistoryOptions {
  readonly epochs: number
  /** Validation logs too. Default true. */
  readonly validation?: boolean
  /** Epochs whose training loss is NaN, counted from 0. */
  readonly nan?: readonly number[]
  /** Name of a metric beside accuracy. Default `mae`. */
  readonly metric?: string
  /** Names of the classes of the confusion matrix. */
  readonly labels?: readonly string[]
  /** Default 2. */
  readonly groups?: number
  /** Ranks, every two on a host, of which each waited 10 ms an epoch longer than the one before it. Default 1. */
  readonly ranks?: number
}

export const facts: TrainingFacts = {
  started: '2025-03-04T05:06:07.089Z',
  environment: {
    version: '0.1.0',
    backend: 'native',
    isa: 'avx2',
    supportedIsas: ['baseline', 'avx2'],
    threads: 3,
    flushDenormal: true,
    cpu: 'A processor',
    cores: 4,
    caches: null,
    node: '22.1.0',
    platform: 'linux-x64',
  },
  model: 'Sequential(\n  (0): Linear(4, 3)\n)',
  parameters: 15,
  criterion: 'CrossEntropyLoss',
  optimizer: 'Adam',
  scheduler: null,
  ranks: null,
  batchSize: 8,
  samples: 100,
  validationSamples: 20,
  metrics: [
    { name: 'accuracy', higherIsBetter: true, isShare: true },
    { name: 'f1', higherIsBetter: true, isShare: true },
    { name: 'mae', higherIsBetter: false, isShare: false },
    { name: 'confusionMatrix', higherIsBetter: null, isShare: false },
  ],
  accumulate: 1,
  clipGradNorm: 1,
  labels: null,
}

const layers: LayerRecord[] = [
  ['', 'Sequential', 0, 0, 0.01],
  ['0', 'Linear(4, 3)', 1, 15, 0.2],
].map(([path, module, depth, parameters, forwardMs]) => ({
  path: path as string,
  module: module as string,
  depth: depth as number,
  parameters: parameters as number,
  outputShape: [8, 3],
  multiplyAdds: 96,
  forwardMs: forwardMs as number,
  backwardMs: 0.125,
}))

/** A history as `fit` makes it, of numbers that follow from the epoch. */
export function historyOf(options: HistoryOptions): History {
  const { epochs, validation = true, nan = [], metric = 'mae', groups = 2, ranks = 1 } = options
  const history = new History()
  const labels = options.labels ?? ['cat', 'dog', 'emu']
  const classes = labels.length
  for (let epoch = 0; epoch < epochs; epoch++) {
    const t = epoch / 7
    const loss = nan.includes(epoch) ? NaN : 2 * Math.exp(-t) + 0.01
    const logs: Record<string, number> = {
      loss,
      accuracy: 1 - 0.7 * Math.exp(-t),
      [metric]: 3 / (1 + t),
      gradNorm: 1.5 + t,
    }
    if (validation) {
      logs['valLoss'] = 2.1 * Math.exp(-t) + 0.05 * t
      logs['valAccuracy'] = 0.9 - 0.6 * Math.exp(-t) - 0.001 * epoch
    }
    const matrix = Array.from({ length: classes }, (_, i) =>
      Array.from({ length: classes }, (_, j) => (i === j ? 40 + i : (i * 5 + j) % 4)),
    )
    const record: EpochRecord = {
      epoch,
      logs,
      results: validation ? { valConfusionMatrix: matrix, valF1: labels.map((_, i) => i / 7) } : {},
      lr: 0.1 / (epoch + 1),
      lrs: Array.from({ length: groups }, (_, group) => 0.1 / (epoch + 1 + group)),
      gradNorm: 0.5 + t,
      seconds: 0.25,
      validationSeconds: 0.05,
      samplesPerSecond: 400 + epoch,
      ...(ranks > 1 && { ranks: waitingOf(ranks) }),
    }
    history.epochs.push(record)
  }
  if (epochs === 0) return history
  for (let epoch = 0; epoch < epochs; epoch += Math.ceil(epochs / 30)) {
    const counts = Array.from({ length: 30 }, (_, i) =>
      Math.round(40 * Math.exp(-((i - 14) ** 2) / 30)),
    )
    const histogram = { min: -1 - epoch / 9, max: 1, mean: 0.25, std: 0.5, notFinite: 0, counts }
    const constant = { ...histogram, min: 0, max: 0, mean: 0, std: 0 }
    history.weights.push({ epoch, parameters: { '0.weight': histogram, '0.bias': constant } })
  }
  history.layers = { layers, criterionMs: 0.05, samples: 8, reason: null }
  history.facts = { ...facts, labels, ranks: ranks > 1 ? ranksOf(ranks) : null }
  history.mode = 'captured'
  history.outcome = 'completed'
  return history
}

/** Of an epoch of 0.25 s. */
function waitingOf(ranks: number): RanksRecord {
  const waitingSeconds = Array.from({ length: ranks }, (_, rank) => 0.01 * (rank + 1))
  const waited = waitingSeconds.reduce((sum, seconds) => sum + seconds)
  return { waitingSeconds, efficiency: 1 - waited / (0.25 * ranks) }
}

function ranksOf(ranks: number): RankFacts[] {
  return Array.from({ length: ranks }, (_, rank) => ({
    ...{ host: `node-${rank >> 1}`, cores: 8, threads: 4 },
  }))
}

/** Names that end up as something else unless they are escaped, wherever they go. */
export const hostile = `</script><img src=x onerror="hacked=1">'&amp;<!--`

/** A history with that name in all places where a program can put a name. */
export function hostileHistory(): History {
  const history = historyOf({ epochs: 3, metric: hostile, labels: [hostile, 'b', 'c'] })
  const [last] = history.weights.slice(-1)
  history.weights.push({ epoch: 2, parameters: { [hostile]: last!.parameters['0.weight']! } })
  const layer: LayerRecord = { ...layers[1]!, path: hostile, module: `${hostile}()` }
  history.layers = { layers: [layers[0]!, layer], criterionMs: 1, samples: 2, reason: null }
  const ranks = [{ host: hostile, cores: 1, threads: 1 }]
  history.facts = {
    ...history.facts!,
    model: hostile,
    optimizer: hostile,
    criterion: hostile,
    ranks,
  }
  history.mode = 'eager'
  history.reason = hostile
  return history
}
