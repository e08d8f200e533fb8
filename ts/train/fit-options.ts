import type { Criterion } from '../criterion/criterion.js'
import { complaint, ValueError } from '../errors.js'
import type { Metric } from '../metrics/metric.js'
import { create as createMetric } from '../metrics/registry.js'
import type { World } from '../distributed/world.js'
import type { Module, TensorModule } from '../nn/module.js'
import type { LRScheduler } from '../optim/index.js'
import { ReduceLROnPlateau } from '../optim/scheduler/reduce-lr-on-plateau.js'
import {
  choice,
  flag,
  list,
  type Option,
  type Options,
  path,
  readOptions,
  required,
  signal,
  unchecked,
  whole,
} from '../options.js'
import { THREADS } from '../threads.js'
import { checkFunction, checkObject, isFunction, isWithin } from '../check.js'
import { checkCriterion, checkModel, checkOptimizer } from './arguments.js'
import { type Batches, type BatchSource, batchesOf, checkCut, checkNoArrays } from './batches.js'
import type { Callback } from './callbacks/callback.js'
import type { CheckpointOptions } from './checkpoint.js'
import { History } from './history.js'
import { checkNames } from './metric-names.js'
import { checkHolds } from './mistakes.js'
import type { Manner } from './replayable.js'
import type { TrainingOptimizer } from './snapshot.js'
import { ValidationSplit } from './split.js'

/** A metric, or its name in `metrics.create`. */
export type MetricChoice = string | Metric<unknown>

export interface FitOptions {
  criterion: Criterion
  optimizer: TrainingOptimizer
  /** Passes over the loader. Default 1. */
  epochs?: number
  /** Samples of a batch, where tensors are given instead of a loader. Default 32. */
  batchSize?: number
  /** A new random order each epoch, where tensors are given instead of a loader. Default true. */
  shuffle?: boolean
  /** What the model is evaluated on after each epoch. */
  validation?: BatchSource
  /**
   * Instead of `validation`: the fraction of the loader's samples, rounded to a whole number of them, that
   * is held out and evaluated on after each epoch. They are drawn from the default generator when the
   * training begins; a resumed training has the same.
   */
  validationSplit?: number
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
  /**
   * Ends the training after the step in progress, or at once where it waits for a batch (the iterator's
   * `return` is called then): the promise rejects with `signal.reason`.
   */
  signal?: AbortSignal
  /** At most so many threads. Default: all of the pool. The results are the same. */
  threads?: number
  /**
   * `background`: captured steps run on threads of low priority, so that other work of the process, and of
   * the machine, goes first. Steps that JavaScript computes run on its thread, which keeps its priority.
   * Default `normal`.
   */
  priority?: 'normal' | 'background'
  /** A progress bar on a terminal, a line an epoch elsewhere, on stderr. Default false. */
  progress?: boolean
  /** Where the epochs are written down. Default: a new one, which `historyOf(error)` has after an abort. */
  history?: History
  /**
   * A file that keeps all that the next step depends on: model, optimizer, scheduler, generators,
   * callbacks, metrics, history and the place in the epoch. A process that is killed at any moment
   * leaves the previous one or the new one. One training at a time writes it; another one is refused
   * (`LockedError`).
   */
  checkpoint?: string | CheckpointOptions
  /**
   * Goes on from the checkpoint, if there is one, until `epochs` are done, bit for bit as if the
   * training had not ended. Default false.
   */
  resume?: boolean
  /**
   * The world of `distributed.init`, whose processes train one model together: with the batches of all of them in one
   * step, `size` times as large. Rank 0 gives the weights to begin with, and alone writes files and progress. Default:
   * this process by itself.
   */
  distributed?: World
  /** Default true: steps are captured and run on a thread of their own, where they can be. */
  capture?: boolean
  /**
   * Record for the report, beside the logs, norms of gradients, histograms of weights and the time of
   * each layer. The results are the same bits, but a module of yours that counts its own passes sees
   * some more at the end. Default: for models of up to a million parameters.
   */
  details?: boolean
}

const NORM: Option<number | undefined> = {
  initial: undefined,
  expected: 'a number of at least 0',
  accepts: (value) => isWithin(value, 0, Infinity),
}

const WORLD: Option<World | undefined> = {
  initial: undefined,
  expected: 'the world of distributed.init',
  accepts: (value) => {
    const { rank, size, allGather } = Object(value) as Record<string, unknown>
    return typeof rank === 'number' && typeof size === 'number' && isFunction(allGather)
  },
}

const OPTIONS = {
  criterion: unchecked<Criterion>(),
  optimizer: unchecked<TrainingOptimizer>(),
  epochs: whole(0, 1),
  batchSize: whole(1),
  shuffle: flag(),
  validation: unchecked<BatchSource>(),
  validationSplit: unchecked<number>(),
  metrics: list(unchecked<MetricChoice>()),
  callbacks: list(unchecked<Callback>()),
  scheduler: unchecked<LRScheduler | ReduceLROnPlateau>(),
  schedulerInterval: choice(['epoch', 'step'], 'epoch'),
  clipGradNorm: NORM,
  accumulate: whole(1, 1),
  signal: signal(),
  ...THREADS,
  progress: flag(false),
  history: unchecked<History>(),
  checkpoint: unchecked<string | CheckpointOptions>(),
  resume: flag(false),
  distributed: WORLD,
  capture: flag(true),
  details: flag(),
} satisfies Options<FitOptions>

const EVERY: Option<number> = {
  initial: Infinity,
  expected: 'a whole number of at least 1',
  accepts: (value) => value === Infinity || whole(1).accepts(value),
}

const CHECKPOINT = {
  path: required(path()),
  everySteps: EVERY,
} satisfies Options<CheckpointOptions>

/** What `fitSync` takes: it cannot be aborted from outside or wait for others, and its thread keeps its priority. */
export type FitSyncOptions = Omit<FitOptions, 'signal' | 'priority' | 'distributed'>

/** What a training is made of: options that were checked, with their defaults. */
export interface Settings {
  readonly who: string
  readonly manner: Manner
  readonly model: Module
  readonly loader: Batches
  readonly criterion: Criterion
  readonly optimizer: TrainingOptimizer
  readonly epochs: number
  readonly validation: Batches | undefined
  /** What cuts the loader's dataset in two; null where nothing is held out of it. */
  readonly split: ValidationSplit | null
  readonly metrics: readonly Metric<unknown>[]
  readonly callbacks: readonly Callback[]
  readonly scheduler: LRScheduler | ReduceLROnPlateau | undefined
  readonly schedulerInterval: 'epoch' | 'step'
  readonly clipGradNorm: number | undefined
  readonly accumulate: number
  readonly progress: boolean
  readonly history: History
  /** Null where none is kept. */
  readonly checkpoint: Required<CheckpointOptions> | null
  readonly resume: boolean
  /** Null where there is but one process. */
  readonly world: World | null
  /** Why steps are not to be captured; null to try it. */
  readonly eagerly: string | null
  /** Undefined: by the size of the model. */
  readonly details: boolean | undefined
}

/**
 * Options as they were given, checked, with defaults.
 *
 * @throws ValueError for one out of its range; `signal.reason` when the signal was aborted.
 */
export function settingsOf(
  who: string,
  sync: boolean,
  model: TensorModule,
  source: BatchSource,
  options: FitOptions,
): Settings {
  checkModel(who, model)
  const given = readOptions(who, OPTIONS, options)
  const { criterion, optimizer, epochs, accumulate, clipGradNorm } = given
  const { scheduler, schedulerInterval, callbacks = [], signal, resume } = given
  const { threads, priority, metrics = [], history = new History() } = given
  if (!(history instanceof History)) {
    throw new ValueError(complaint(who, 'history', 'a History', history))
  }
  checkCriterion(who, criterion)
  checkCallbacks(who, callbacks)
  checkScheduler(who, scheduler)
  checkOptimizer(who, optimizer)
  checkHolds(who, model, optimizer)
  const loaders = loadersOf(who, sync, source, given)
  if (scheduler instanceof ReduceLROnPlateau && schedulerInterval === 'step') {
    throw new ValueError(`${who}: ReduceLROnPlateau goes by the loss of an epoch, not of a step`)
  }
  if (sync && priority === 'background') {
    throw new ValueError(`${who}: it runs on the thread of JavaScript, which keeps its priority`)
  }
  const world = given.distributed?.size === 1 ? undefined : given.distributed
  if (sync && world !== undefined) {
    throw new ValueError(`${who}: it waits for no other process; fit does`)
  }
  const measured = metrics.map(createMetric)
  const validated = loaders.validation !== undefined || loaders.split !== null
  checkNames(who, measured, ['loss', 'gradNorm'], validated)
  const checkpoint = checkpointOf(who, given.checkpoint)
  if (resume && checkpoint === null) {
    throw new ValueError(`${who}: resume needs checkpoint, the file to go on from`)
  }
  signal?.throwIfAborted()
  return {
    who,
    manner: { sync, signal, threads, priority },
    model,
    ...loaders,
    criterion,
    optimizer,
    epochs,
    metrics: measured,
    callbacks,
    scheduler,
    schedulerInterval,
    clipGradNorm,
    accumulate,
    progress: given.progress,
    history,
    checkpoint,
    resume,
    world: world ?? null,
    eagerly: eagerReason(given.capture, callbacks),
    details: given.details,
  }
}

function loadersOf(
  who: string,
  sync: boolean,
  source: BatchSource,
  given: Pick<FitOptions, 'validation' | 'validationSplit' | 'batchSize' | 'shuffle'>,
): Pick<Settings, 'loader' | 'validation' | 'split'> {
  const { validation, validationSplit, batchSize = 32, shuffle = true } = given
  checkNoArrays(who, source)
  checkCut(who, source, given)
  const loader = batchesOf(who, 'the loader', source, sync, { batchSize, shuffle })
  if (validationSplit === undefined) {
    const held = validation && batchesOf(who, 'validation', validation, sync, { batchSize })
    return { loader, validation: held, split: null }
  }
  if (validation !== undefined) {
    throw new ValueError(`${who}: validation and validationSplit exclude each other`)
  }
  return { loader, validation: undefined, split: new ValidationSplit(who, loader, validationSplit) }
}

function checkpointOf(
  who: string,
  checkpoint: string | CheckpointOptions | undefined,
): Required<CheckpointOptions> | null {
  if (checkpoint === undefined) return null
  const given = typeof checkpoint === 'string' ? { path: checkpoint } : checkpoint
  return readOptions(`${who}: checkpoint`, CHECKPOINT, given)
}

/** @throws ValueError unless they are objects whose hooks are functions. */
function checkCallbacks(who: string, callbacks: readonly Callback[]): void {
  callbacks.forEach((callback, i) => {
    checkObject(who, `callback ${i}`, callback)
    for (const hook of hooks) {
      const given = (callback as Readonly<Record<string, unknown>>)[hook]
      if (given !== undefined) checkFunction(who, `${hook} of callback ${i}`, given)
    }
  })
}

const hooks: readonly (keyof Callback)[] = [
  ...(['onTrainBegin', 'onEpochBegin', 'onBatchEnd', 'onEpochEnd', 'onTrainEnd'] as const),
  ...(['stateDict', 'loadStateDict'] as const),
]

/** @throws ValueError unless it is undefined or has what `fit` calls. */
function checkScheduler(who: string, scheduler: unknown): void {
  if (scheduler === undefined) return
  const { step, stateDict, loadStateDict } = Object(scheduler) as Record<string, unknown>
  if ([step, stateDict, loadStateDict].every((method) => typeof method === 'function')) return
  throw new ValueError(complaint(who, 'scheduler', 'a scheduler', scheduler))
}

function eagerReason(capture: boolean, callbacks: readonly Callback[]): string | null {
  if (!capture) return 'capture: false was asked for'
  const eager = callbacks.find(({ needsEager }) => needsEager === true)
  return eager === undefined ? null : `${eager.constructor.name} looks at each batch in JavaScript`
}
