import type { Criterion } from '../criterion/criterion.js'
import { create as createMetric } from '../metrics/registry.js'
import type { Metric } from '../metrics/metric.js'
import type { Module } from '../nn/module.js'
import { checkList, checkSignal, optionsOf } from '../check.js'
import { checkCriterion, checkModel } from './arguments.js'
import { type Batches, type BatchSource, batchesOf } from './batches.js'
import { drive, driveSync, type Flow } from './flow.js'
import { checkNames } from './metric-names.js'
import { Modes } from './modes.js'
import { Notices } from './notices.js'
import type { Tally } from './tally.js'
import { Trainer } from './trainer.js'
import type { Logs } from './records.js'

export interface EvaluateOptions {
  criterion: Criterion
  /** Metrics, or their names in `metrics.create`. */
  metrics?: readonly (string | Metric<unknown>)[]
  /** Samples of a batch, where tensors are given. Default 256. */
  batchSize?: number
  /** Ends it after the step in progress: the promise rejects with `signal.reason`. */
  signal?: AbortSignal
  /** Default true: as in `fit`. */
  capture?: boolean
}

/**
 * Mean loss and metrics of a model over all batches, in evaluation mode, off the main thread as `fit`.
 * Nothing of the model is changed.
 *
 * @param source Batches as `fit` takes them, or the two tensors [features, targets] of all samples.
 * @returns `loss` and the metrics that are numbers, by name. Metrics that you pass as objects hold
 *   their result (a confusion matrix) for `compute()`.
 * @throws as `fit`.
 *
 * @example
 * const { loss, accuracy } = await evaluate(model, testLoader, { criterion, metrics: ['accuracy'] })
 */
export async function evaluate(
  model: Module,
  source: BatchSource,
  options: EvaluateOptions,
): Promise<Logs> {
  return drive(pass('evaluate', false, model, source, options))
}

/** As `evaluate`, without a promise: on this thread, from batches that are there. */
export function evaluateSync(
  model: Module,
  source: BatchSource,
  options: Omit<EvaluateOptions, 'signal'>,
): Logs {
  return driveSync('evaluateSync', pass('evaluateSync', true, model, source, options))
}

function* pass(
  who: string,
  sync: boolean,
  model: Module,
  source: BatchSource,
  options: EvaluateOptions,
): Flow<Logs> {
  checkModel(who, model)
  const given = optionsOf(who, options)
  const { criterion, metrics = [], batchSize = 256, signal, capture = true } = given
  checkCriterion(who, criterion)
  checkSignal(who, signal)
  checkList(who, 'metrics', metrics)
  const measured = metrics.map(createMetric)
  checkNames(who, measured, ['loss'], false)
  for (const metric of measured) metric.goBy(criterion.threshold)
  const batches = batchesOf(who, 'the batches', source, sync, { batchSize })
  signal?.throwIfAborted()
  const evaluator = new Trainer({
    who,
    model,
    modes: Modes.evaluating(model),
    criterion,
    optimizer: null,
    metrics: measured,
    accumulate: 1,
    eagerly: capture ? null : 'capture: false was asked for',
    manner: { sync, signal },
    notices: new Notices(who, null),
  })
  return (yield* evaluateWith(evaluator, batches, 'the batches')).measured().logs
}

/**
 * One pass of a trainer without an optimizer.
 *
 * @param name What messages call it.
 */
export function evaluateWith(evaluator: Trainer, batches: Batches, name: string): Flow<Tally> {
  return evaluator.epoch(batches, { name, pause: Infinity })
}
