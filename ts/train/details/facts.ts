import { info } from '../../info.js'
import { ConfusionMatrix } from '../../metrics/confusion-matrix.js'
import type { Batches } from '../batches.js'
import type { Settings } from '../fit-options.js'
import type { RankFacts, TrainingFacts } from '../records.js'

/** Notes what a training starts with. */
export function factsOf(
  settings: Settings,
  loader: Batches,
  validation: Batches | undefined,
  ranks: readonly RankFacts[] | null,
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
    ranks,
    batchSize: countOf(loader, 'batchSize'),
    samples: countOf(loader, 'numSamples'),
    validationSamples: validation === undefined ? null : countOf(validation, 'numSamples'),
    metrics: metrics.map(({ name, higherIsBetter, isShare }) => ({
      name,
      higherIsBetter,
      isShare,
    })),
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
