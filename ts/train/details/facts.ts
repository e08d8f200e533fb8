import { type Info, info } from '../../info.js'
import { ConfusionMatrix } from '../../metrics/confusion-matrix.js'
import type { Batches } from '../batches.js'
import type { Settings } from '../fit-options.js'

/** What was trained, how, and where. */
export interface TrainingFacts {
  /** When `fit` was called: ISO 8601, in UTC. */
  readonly started: string
  /** Version, machine, backend, threads. */
  readonly environment: Info
  /** The model as it prints. */
  readonly model: string
  /** Elements of all parameters. */
  readonly parameters: number
  /** Names of the classes. */
  readonly criterion: string
  readonly optimizer: string
  readonly scheduler: string | null
  /** Null where the loader does not tell. */
  readonly batchSize: number | null
  readonly samples: number | null
  readonly validationSamples: number | null
  /** Batches whose gradients make one optimizer step. */
  readonly accumulate: number
  /** Largest norm of the gradients; null where they are not clipped. */
  readonly clipGradNorm: number | null
  /** Labels of the `ConfusionMatrix`, where it has some. */
  readonly labels: readonly string[] | null
}

/** Notes what a training starts with. */
export function factsOf(
  settings: Settings,
  loader: Batches,
  validation: Batches | undefined,
): TrainingFacts {
  const { model, criterion, optimizer, scheduler, metrics } = settings
  return {
    started: new Date().toISOString(),
    environment: info(),
    model: model.toString(),
    parameters: model.parameters().reduce((sum, { length }) => sum + length, 0),
    criterion: criterion.constructor.name,
    optimizer: optimizer.constructor.name,
    scheduler: scheduler?.constructor.name ?? null,
    batchSize: countOf(loader, 'batchSize'),
    samples: countOf(loader, 'numSamples'),
    validationSamples: validation === undefined ? null : countOf(validation, 'numSamples'),
    accumulate: settings.accumulate,
    clipGradNorm: settings.clipGradNorm ?? null,
    labels: metrics.map(labelsOf).find((labels) => labels !== null) ?? null,
  }
}

function countOf(batches: Batches, property: 'batchSize' | 'numSamples'): number | null {
  const value: unknown = Reflect.get(batches, property)
  return typeof value === 'number' ? value : null
}

function labelsOf(metric: object): readonly string[] | null {
  return metric instanceof ConfusionMatrix ? metric.labels : null
}
