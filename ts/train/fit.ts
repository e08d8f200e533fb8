import type { Criterion } from '../criterion/criterion.js'
import { complaint, ValueError } from '../errors.js'
import { create as createMetric } from '../metrics/registry.js'
import type { Metric } from '../metrics/metric.js'
import type { Module } from '../nn/module.js'
import { type LRScheduler, ReduceLROnPlateau } from '../optim/index.js'
import { checkCount, checkCriterion, checkModel, checkOptimizer, optionsOf } from './arguments.js'
import type { Batches } from './batches.js'
import type { Callback, TrainingContext } from './callback.js'
import { evaluateWith } from './evaluate.js'
import { History } from './history.js'
import { progressOf } from './progress.js'
import type { TrainingOptimizer } from './snapshot.js'
import type { Logs } from './tally.js'
import { Trainer } from './trainer.js'

/** A metric, or its name in `metrics.create`. */
export type MetricChoice = string | Metric<unknown>

export interface FitOptions {
  criterion: Criterion
  optimizer: TrainingOptimizer
  /** Passes over the loader. Default 1. */
  epochs?: number
  /** Batches that the model is evaluated on after each epoch. */
  validation?: Batches
  /** Measured in training and in validation; metrics of yours are measured in validation alone when there is one. */
  metrics?: readonly MetricChoice[]
  callbacks?: readonly Callback[]
  /** Moves on after each epoch, or each step; `ReduceLROnPlateau` by `valLoss`, or else `loss`. */
  scheduler?: LRScheduler | ReduceLROnPlateau
  /** What the scheduler counts. Default `epoch`. */
  schedulerInterval?: 'epoch' | 'step'
  /** Largest norm of all gradients together, as in `nn.utils.clipGradNorm_`. */
  clipGradNorm?: number
  /** Batches whose gradients are averaged for one optimizer step. Default 1. */
  accumulate?: number
  /** Ends the training after the step in progress: the promise rejects with `signal.reason`. */
  signal?: AbortSignal
  /** A progress bar on a terminal, a line an epoch elsewhere, on stderr. Default false. */
  progress?: boolean
  /** Where the epochs are written down. Default: a new one. Give your own to have it after an abort. */
  history?: History
  /** Default true: steps are captured and run on a thread of their own, where they can be. */
  capture?: boolean
}

/**
 * Trains a model, off the main thread where its step can be captured (everything built-in can): whole
 * epochs of a dataset in memory in one replay, batch by batch from any other source. A step that
 * computes in JavaScript runs on this thread, which lets the event loop turn between steps; the history
 * says so, and why.
 *
 * For each epoch: `zeroGrad`, forward, criterion, backward, clipping and `optimizer.step()` for each
 * batch; then validation in evaluation mode, scheduler, callbacks. The results are those of the same
 * loop written out. A last batch that is smaller is a step too, unless the loader drops it.
 *
 * The training flags of the modules are as they are at the start, in training mode if the model was in
 * evaluation mode.
 *
 * @param loader A `DataLoader`, or batches [features, targets] from any iterable or async iterable
 *   that can be iterated over once an epoch; the next batch is asked for while one is trained on.
 * @returns the history; `history.last` are the logs of the last epoch.
 * @throws ValueError for options out of their range; ShapeError, DTypeError when batches do not fit
 *   the model; `signal.reason` when the signal was aborted. The steps that were run stay.
 *
 * @example
 * const history = await fit(model, loader, { criterion, optimizer, epochs: 5, validation, metrics: ['accuracy'] })
 * console.log(history.last.valAccuracy)
 */
export async function fit(model: Module, loader: Batches, options: FitOptions): Promise<History> {
  checkModel('fit', model)
  const given = optionsOf(options)
  const { criterion, optimizer, epochs = 1, accumulate = 1, clipGradNorm, scheduler } = given
  checkCriterion('fit', criterion)
  checkOptimizer('fit', optimizer)
  checkCount('fit', 'epochs', epochs, 0)
  checkCount('fit', 'accumulate', accumulate, 1)
  checkBatches('the loader', loader)
  if (given.validation !== undefined) checkBatches('validation', given.validation)
  if (clipGradNorm !== undefined && !(clipGradNorm >= 0)) {
    throw new ValueError(
      complaint('fit', 'clipGradNorm', 'a number of at least 0', String(clipGradNorm)),
    )
  }
  const { signal, schedulerInterval = 'epoch', history = new History(), callbacks = [] } = given
  if (!['epoch', 'step'].includes(schedulerInterval)) {
    throw new ValueError(complaint('fit', 'schedulerInterval', 'epoch or step', schedulerInterval))
  }
  if (scheduler instanceof ReduceLROnPlateau && schedulerInterval === 'step') {
    throw new ValueError('fit: ReduceLROnPlateau goes by the loss of an epoch, not of a step')
  }
  signal?.throwIfAborted()
  const metrics = (given.metrics ?? []).map(createMetric)
  const eagerly = given.capture === false ? 'capture: false was asked for' : null
  const common = { who: 'fit', model, criterion, accumulate, eagerly }
  const trainer = new Trainer({ ...common, optimizer, metrics, clipGradNorm })
  const evaluator = new Trainer({ ...common, optimizer: null, metrics, accumulate: 1 })
  if (!model.training) model.train()

  const progress = progressOf(given.progress ?? false, epochs, samplesOf(loader))
  const run = { stopped: false }
  const context: TrainingContext = {
    model,
    optimizer,
    history,
    epochs,
    stop() {
      run.stopped = true
    },
  }
  const tell = async (hook: keyof Callback, ...rest: [] | [EpochArgument]): Promise<void> => {
    for (const callback of callbacks) {
      await (
        callback[hook] as ((c: TrainingContext, e?: EpochArgument) => unknown) | undefined
      )?.call(callback, context, ...rest)
    }
  }
  const stepwise = scheduler !== undefined && schedulerInterval === 'step'
  const first = history.epochs.length
  await tell('onTrainBegin')
  try {
    for (let epoch = first + 1; epoch <= first + epochs && !run.stopped; epoch++) {
      await tell('onEpochBegin', { epoch, logs: {} })
      progress.begin(epoch)
      const start = performance.now()
      const tally = await trainer.epoch(loader, {
        signal,
        stepwise,
        onSteps: (sofar) => {
          if (stepwise) (scheduler as LRScheduler).step()
          progress.update(sofar.rows, sofar.loss)
        },
        onProgress: (rows) => {
          progress.update(rows)
        },
      })
      const seconds = (performance.now() - start) / 1000
      const logs: Logs = tally.logs()
      const validating = performance.now()
      if (given.validation !== undefined) {
        const tallied = await evaluateWith(evaluator, given.validation, signal)
        for (const [name, value] of Object.entries(tallied.logs()))
          logs[validationName(name)] = value
      }
      const validationSeconds = (performance.now() - validating) / 1000
      history.mode = trainer.reason === null ? 'captured' : 'eager'
      history.reason = trainer.reason
      const { lr } = optimizer.paramGroups[0]!
      const samplesPerSecond = tally.rows / seconds
      history.epochs.push({ epoch, logs, lr, seconds, validationSeconds, samplesPerSecond })
      progress.end(history.epochs.at(-1)!)
      if (scheduler instanceof ReduceLROnPlateau) scheduler.step(logs['valLoss'] ?? logs['loss']!)
      else if (scheduler !== undefined && !stepwise) scheduler.step()
      await tell('onEpochEnd', { epoch, logs })
    }
  } finally {
    progress.close()
    await tell('onTrainEnd')
  }
  return history
}

type EpochArgument = Parameters<NonNullable<Callback['onEpochEnd']>>[1]

/** `loss` is `valLoss`. */
function validationName(name: string): string {
  return `val${name.charAt(0).toUpperCase()}${name.slice(1)}`
}

function samplesOf(loader: Batches): number | null {
  const { numSamples } = loader as { numSamples?: unknown }
  return typeof numSamples === 'number' ? numSamples : null
}

function checkBatches(what: string, batches: unknown): void {
  const iterable = (batches ?? {}) as {
    [Symbol.iterator]?: unknown
    [Symbol.asyncIterator]?: unknown
  }
  if (
    typeof iterable[Symbol.iterator] === 'function' ||
    typeof iterable[Symbol.asyncIterator] === 'function'
  ) {
    return
  }
  const hint = 'new data.DataLoader([features, targets], { batchSize: 64 }), say'
  const got = batches === null ? 'null' : typeof batches
  throw new ValueError(complaint('fit', what, 'something to iterate over for batches', got, hint))
}
