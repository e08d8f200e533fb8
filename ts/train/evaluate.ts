import { checkArguments } from '../check.js'
import type { Criterion } from '../criterion/criterion.js'
import { create as createMetric } from '../metrics/registry.js'
import type { Metric } from '../metrics/metric.js'
import type { TensorModule } from '../nn/module.js'
import { flag, list, type Options, readOptions, signal, unchecked, whole } from '../options.js'
import { checkCriterion, checkModel } from './arguments.js'
import { type Batches, type BatchSource, batchesOf, checkCut } from './batches.js'
import type { MetricChoice } from './fit-options.js'
import { drive, driveSync, type Flow } from './flow.js'
import { checkNames } from './metric-names.js'
import { Modes } from './modes.js'
import { Notices } from './notices.js'
import type { Tally } from './tally.js'
import { Trainer } from './trainer.js'

export interface EvaluateOptions<M extends readonly MetricChoice[] = readonly MetricChoice[]> {
  criterion: Criterion
  /** Metrics, or their names in `metrics.create`. */
  metrics?: M
  /** Samples of a batch, where tensors are given. Default 256. */
  batchSize?: number
  /** Ends it after the step in progress: the promise rejects with `signal.reason`. */
  signal?: AbortSignal
  /** Default true: as in `fit`. */
  capture?: boolean
}

const OPTIONS = {
  criterion: unchecked<Criterion>(),
  metrics: list(unchecked<MetricChoice>()),
  batchSize: whole(1),
  signal: signal(),
  capture: flag(true),
} satisfies Options<EvaluateOptions>

/** What `evaluate` returns: the loss, and the result of each metric by its name. */
export type Evaluation<M extends readonly MetricChoice[] = readonly MetricChoice[]> = {
  readonly loss: number
} & Together<ResultOf<M[number]>>

type ResultOf<C> = C extends string
  ? { readonly [K in C]: K extends 'confusionMatrix' ? number[][] : number }
  : C extends Metric<infer T>
    ? Readonly<Record<string, T>>
    : never

/** All members of a union at once. */
type Together<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer I) => void
  ? I
  : never

/**
 * Mean loss and metrics of a model over all batches, in evaluation mode, off the main thread as `fit`.
 * Nothing of the model is changed.
 *
 * @param source Batches as `fit` takes them, or the two tensors [features, targets] of all samples.
 * @returns `loss` and the results of the metrics, by name: numbers, the rows of a `confusionMatrix`, an array
 *   with a number for each class. Metrics that you pass as objects hold their result for `compute()`, too.
 * @throws as `fit`.
 *
 * @example
 * const { loss, accuracy } = await evaluate(model, testLoader, { criterion, metrics: ['accuracy'] })
 */
export async function evaluate<const M extends readonly MetricChoice[] = readonly []>(
  model: TensorModule,
  source: BatchSource,
  options: EvaluateOptions<M>,
): Promise<Evaluation<M>> {
  checkArguments('evaluate', 3, arguments)
  return drive(pass('evaluate', false, model, source, options))
}

/** As `evaluate`, without a promise: on this thread, from batches that are there. */
export function evaluateSync<const M extends readonly MetricChoice[] = readonly []>(
  model: TensorModule,
  source: BatchSource,
  options: Omit<EvaluateOptions<M>, 'signal'>,
): Evaluation<M> {
  checkArguments('evaluateSync', 3, arguments)
  return driveSync('evaluateSync', pass('evaluateSync', true, model, source, options))
}

function* pass<M extends readonly MetricChoice[]>(
  who: string,
  sync: boolean,
  model: TensorModule,
  source: BatchSource,
  options: EvaluateOptions<M>,
): Flow<Evaluation<M>> {
  checkModel(who, model)
  const given = readOptions(who, OPTIONS, options)
  const { criterion, metrics = [], batchSize, signal, capture } = given
  checkCriterion(who, criterion)
  const measured = metrics.map(createMetric)
  checkNames(who, measured, ['loss'], false)
  for (const metric of measured) metric.goBy(criterion.threshold)
  checkCut(who, source, { batchSize })
  const batches = batchesOf(who, 'the batches', source, sync, { batchSize: batchSize ?? 256 })
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
    ranks: null,
  })
  const { logs, results } = (yield* evaluateWith(evaluator, batches, 'the batches')).measured()
  return { ...logs, ...results } as unknown as Evaluation<M>
}

/**
 * One pass of a trainer without an optimizer.
 *
 * @param name What messages call it.
 */
export function evaluateWith(evaluator: Trainer, batches: Batches, name: string): Flow<Tally> {
  return evaluator.epoch(batches, { name, pause: Infinity })
}
