import { callbacks, data, nn, optim } from '../../index.js'
import { some } from '../../report/words.js'
import type { Io } from '../io.js'
import { type Figures, majorityFigures, meanFigures } from './baseline.js'
import type { Parts } from './parts.js'

export interface FitSettings {
  readonly target: string
  readonly epochs: number | undefined
  readonly batchSize: number | undefined
  readonly lr: number | undefined
  readonly hidden: readonly number[] | undefined
  readonly balance: boolean
}

/** A model and what it and simpler ones come to on rows that it has not seen. */
export interface Trained {
  readonly model: data.Pipeline
  readonly figures: Figures
  readonly linear: Figures
  readonly baseline: Figures
}

/** Trains the model and a linear one by the same means, and judges both on the test part. */
export async function fitAndJudge(parts: Parts, settings: FitSettings, io: Io): Promise<Trained> {
  const { target, hidden } = settings
  const layers =
    hidden && ((inputs: number, outputs: number) => dense([inputs, ...hidden, outputs]))
  io.tell('training a linear model')
  const linear = await fitted(parts, settings, LINEAR, io)
  io.tell('training the model')
  const model = await fitted(parts, settings, { network: layers, lr: settings.lr }, io)
  const { train, test, task } = parts
  const [before, after] = [train.column(target), test.column(target)]
  const baseline =
    task === 'regression'
      ? meanFigures(before as data.NumberColumn, after as data.NumberColumn)
      : majorityFigures(before, after, model.classes!.length)
  return { model, figures: await judged(model), linear: await judged(linear), baseline }

  async function judged(pipeline: data.Pipeline): Promise<Figures> {
    const results = await pipeline.evaluate(test, { signal: io.signal })
    const names = Object.keys(baseline)
    return Object.fromEntries(names.map((name) => [name, results[name] as number]))
  }
}

async function fitted(
  { train, validation, task }: Parts,
  { target, epochs, batchSize, balance }: FitSettings,
  choices: Partial<data.PipelineOptions>,
  io: Io,
): Promise<data.Pipeline> {
  const pipeline = new data.Pipeline({ target, task, batchSize, ...choices })
  const stopping = new callbacks.EarlyStopping({ monitor: 'valLoss', patience: PATIENCE })
  const history = await pipeline.fit(train, {
    epochs,
    validation,
    callbacks: [stopping, new Teller(io)],
    signal: io.signal,
    classWeights: balance && task === 'classification' ? 'balanced' : undefined,
  })
  const best = stopping.bestEpoch === null ? '' : `, the best one was ${stopping.bestEpoch + 1}`
  io.tell(`  ${some(history.epochs.length, 'epoch')}${best}`)
  return pipeline
}

/** As good as a linear model can be: what holds a network back from learning few rows by heart only slows it. */
const LINEAR: Partial<data.PipelineOptions> = {
  network: (inputs, outputs) => new nn.Linear(inputs, outputs),
  optimizer: (parameters) => new optim.AdamW(parameters, { lr: 0.02, weightDecay: 0.1 }),
  scheduler: (optimizer, epochs) => new optim.CosineAnnealingLR(optimizer, { tMax: epochs }),
}

/** Epochs without a better validation loss that end a training. */
const PATIENCE = 12

/** Milliseconds between two lines about how far a training is. */
const QUIET = 2000

/** Tells now and then how far a training is. */
class Teller implements callbacks.Callback {
  #told = performance.now()

  constructor(private readonly io: Io) {}

  onEpochEnd({ epoch, logs }: callbacks.EpochContext): void {
    if (performance.now() - this.#told < QUIET) return
    this.#told = performance.now()
    const losses = [
      `loss ${logs['loss']!.toPrecision(4)}`,
      `valLoss ${logs['valLoss']!.toPrecision(4)}`,
    ]
    this.io.tell(`  epoch ${epoch + 1}: ${losses.join(', ')}`)
  }
}

function dense(widths: readonly number[]): nn.Module {
  const layers = widths.slice(1).flatMap((width, i) => {
    const linear = new nn.Linear(widths[i]!, width)
    return i + 2 < widths.length ? [linear, new nn.ReLU()] : [linear]
  })
  return new nn.Sequential(...layers)
}
