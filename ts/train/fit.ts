import type { Criterion } from '../criterion/criterion.js'
import { complaint, ValueError } from '../errors.js'
import { create as createMetric } from '../metrics/registry.js'
import type { Metric } from '../metrics/metric.js'
import type { Module } from '../nn/module.js'
import { type LRScheduler, ReduceLROnPlateau } from '../optim/index.js'
import { checkCount, checkCriterion, checkModel, checkOptimizer, optionsOf } from './arguments.js'
import type { Batches } from './batches.js'
import type { Callback, TrainContext, TrainEndContext } from './callbacks/callback.js'
import { Checkpoint, type CheckpointOptions, type Position } from './checkpoint.js'
import { evaluateWith } from './evaluate.js'
import { History } from './history.js'
import { Modes } from './modes.js'
import { progressOf } from './progress.js'
import type { State } from './checkpoint-file.js'
import type { TrainingOptimizer } from './snapshot.js'
import type { Logs, TallyState } from './tally.js'
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
  /**
   * A file that keeps all that the next step depends on: model, optimizer, scheduler, generators,
   * callbacks, metrics, history and the place in the epoch. A process that is killed at any moment
   * leaves the previous one or the new one.
   */
  checkpoint?: string | CheckpointOptions
  /**
   * Goes on from the checkpoint, if there is one, until `epochs` are done, bit for bit as if the
   * training had not ended. Default false.
   */
  resume?: boolean
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
 * Modules train with the flags they have at the start (all in training mode if the model was in
 * evaluation mode). Meanwhile the model may be switched to evaluation and predict.
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
  const { path: checkpointPath, everySteps = Infinity } =
    typeof given.checkpoint === 'string' ? { path: given.checkpoint } : (given.checkpoint ?? {})
  if (everySteps !== Infinity) checkCount('fit', 'checkpoint.everySteps', everySteps, 1)
  if (given.resume === true && checkpointPath === undefined) {
    throw new ValueError('fit: resume needs checkpoint, the file to go on from')
  }
  signal?.throwIfAborted()

  const metrics = (given.metrics ?? []).map(createMetric)
  const eagerly = eagerReason(given.capture, callbacks)
  const common = { who: 'fit', model, criterion, eagerly, metrics }
  if (!model.training) model.train()
  const training = { ...common, modes: Modes.of(model), optimizer, accumulate, clipGradNorm }
  const trainer = new Trainer(training)
  const validating = { ...common, modes: Modes.evaluating(model), optimizer: null, accumulate: 1 }
  const evaluator = new Trainer(validating)
  const parts = { model, optimizer, scheduler, loader, history, callbacks }
  const checkpoint = checkpointPath === undefined ? null : new Checkpoint(checkpointPath, parts)

  let from: Position = {
    epoch: history.epochs.length,
    steps: 0,
    step: 0,
    tally: null,
    stopped: false,
  }
  let last = from.epoch + epochs
  if (given.resume === true) {
    const found = await checkpoint!.load()
    if (found !== null) from = found
    last = epochs
  }
  const byStep = scheduler !== undefined && schedulerInterval === 'step'
  const byBatch = callbacks.some((callback) => callback.onBatchEnd !== undefined)
  const progress = progressOf(given.progress ?? false, last, samplesOf(loader))
  const run = { epoch: from.epoch, step: from.step, stopped: from.stopped }
  const context = (): TrainContext => ({
    model,
    optimizer,
    epoch: run.epoch,
    step: run.step,
    stop: () => {
      run.stopped = true
    },
  })
  let outcome: TrainEndContext['outcome'] = 'failed'
  try {
    for (const callback of callbacks) await callback.onTrainBegin?.(context())
    for (; run.epoch < last && !run.stopped; run.epoch++) {
      const { epoch } = run
      const resumed = epoch === from.epoch && from.steps > 0 ? from : null
      for (const callback of callbacks) await callback.onEpochBegin?.(context())
      progress.begin(epoch)
      // A resumed epoch has its own order again, then goes on drawing where it stopped.
      let drawn = resumed === null ? checkpoint?.beginEpoch() : checkpoint!.rewindEpoch()
      const start = performance.now()
      const before = run.step - (resumed?.steps ?? 0)
      const tally = await trainer.epoch(loader, {
        signal,
        pause: byStep || byBatch ? 1 : everySteps,
        done:
          resumed === null
            ? undefined
            : { steps: resumed.steps, tally: resumed.tally as unknown as TallyState },
        onOrder: () => {
          drawn?.()
          drawn = undefined
        },
        onProgress: (rows) => {
          progress.update(rows)
        },
        onSteps: async (steps, sofar) => {
          run.step = before + steps
          if (byStep) (scheduler as LRScheduler).step()
          progress.update(sofar.rows, sofar.loss)
          if (byBatch) {
            const logs = { loss: sofar.lastLoss }
            for (const callback of callbacks) await callback.onBatchEnd?.({ ...context(), logs })
            if (run.stopped) throw new Stopped()
          }
          if (steps % everySteps === 0) {
            const sum = sofar.stateDict() as unknown as State
            await checkpoint?.save({ epoch, steps, step: run.step, tally: sum, stopped: false })
          }
        },
      })
      const seconds = (performance.now() - start) / 1000
      const logs: Logs = tally.logs()
      const trained = performance.now()
      if (given.validation !== undefined) {
        const tallied = await evaluateWith(evaluator, given.validation, signal)
        for (const [name, value] of Object.entries(tallied.logs()))
          logs[validationName(name)] = value
      }
      const validationSeconds = (performance.now() - trained) / 1000
      history.mode = trainer.reason === null ? 'captured' : 'eager'
      history.reason = trainer.reason
      const { lr } = optimizer.paramGroups[0]!
      const samplesPerSecond = tally.rows / seconds
      const record = { epoch, logs, lr, seconds, validationSeconds, samplesPerSecond }
      history.epochs.push(record)
      progress.end(record)
      if (scheduler instanceof ReduceLROnPlateau) scheduler.step(logs['valLoss'] ?? logs['loss']!)
      else if (scheduler !== undefined && !byStep) scheduler.step()
      for (const callback of callbacks) await callback.onEpochEnd?.({ ...context(), logs })
      const { step, stopped } = run
      await checkpoint?.save({ epoch: epoch + 1, steps: 0, step, tally: null, stopped })
    }
    outcome = run.stopped ? 'stopped' : 'completed'
  } catch (error) {
    if (error instanceof Stopped) outcome = 'stopped'
    else {
      if (signal?.aborted === true && error === signal.reason) outcome = 'aborted'
      throw error
    }
  } finally {
    progress.close()
    try {
      for (const callback of callbacks) await callback.onTrainEnd?.({ ...context(), outcome })
    } finally {
      await checkpoint?.finish()
    }
  }
  return history
}

/** Thrown between two steps when a callback has ended the training. */
class Stopped extends Error {}

function eagerReason(capture: boolean | undefined, callbacks: readonly Callback[]): string | null {
  if (capture === false) return 'capture: false was asked for'
  const eager = callbacks.find(({ needsEager }) => needsEager === true)
  return eager === undefined ? null : `${eager.constructor.name} looks at each batch in JavaScript`
}

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
