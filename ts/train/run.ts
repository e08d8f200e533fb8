import type { LRScheduler } from '../optim/index.js'
import { ReduceLROnPlateau } from '../optim/scheduler/reduce-lr-on-plateau.js'
import { type Batches, checkRepeatable } from './batches.js'
import type { Callback, TrainEndContext } from './callbacks/callback.js'
import { show } from '../show.js'
import { warn } from './warn.js'
import { CallbackList } from './callback-list.js'
import { Checkpoint } from './checkpoint.js'
import type { Position } from './checkpoint-state.js'
import { Details } from './details/details.js'
import { evaluateWith } from './evaluate.js'
import type { Settings } from './fit-options.js'
import type { Flow } from './flow.js'
import { type History, keepHistory } from './history.js'
import { Modes } from './modes.js'
import { Notices } from './notices.js'
import { protect } from './protect.js'
import { type Progress, progressOf } from './progress.js'
import { type EpochRecord, type Logs, validationName } from './records.js'
import type { Measured, Tally } from './tally.js'
import type { Ranks } from './ranks.js'
import { type EpochOptions, Trainer } from './trainer.js'

/** Thrown between two steps when a callback has ended the training. */
class Stopped extends Error {}

type Outcome = TrainEndContext['outcome']

/** One training of `fit`, phase by phase. */
export class Run {
  readonly #settings: Settings
  readonly #trainer: Trainer
  readonly #evaluator: Trainer
  readonly #checkpoint: Checkpoint | null
  /** Steps between two checkpoints within an epoch. */
  readonly #everySteps: number
  /** The flags of the model as they were given. */
  readonly #before: Modes
  readonly #modes: Modes
  readonly #details: Details
  /** Whether the scheduler moves on after each step. */
  readonly #byStep: boolean
  /** Whether a callback looks at each batch. */
  readonly #byBatch: boolean
  #from: Position
  /** Epochs are counted up to this one. */
  #end: number
  #epoch: number
  #step: number
  #progress: Progress | null = null
  readonly #callbacks: CallbackList
  readonly #notices: Notices

  /** The other processes; null where there are none. */
  readonly #ranks: Ranks | null

  constructor(settings: Settings, ranks: Ranks | null) {
    const { who, manner, model, criterion, optimizer, accumulate, clipGradNorm, eagerly } = settings
    const { metrics, scheduler, loader, split, history, callbacks, checkpoint } = settings
    this.#settings = settings
    this.#ranks = ranks
    const parts = { model, optimizer, scheduler, loader, split, history, metrics, callbacks }
    this.#checkpoint =
      checkpoint === null
        ? null
        : new Checkpoint(checkpoint.path, manner.sync, {
            ...parts,
            accumulate,
            ranks: ranks?.size ?? 1,
          })
    this.#before = Modes.of(model)
    if (!model.training) model.train()
    for (const metric of metrics) metric.goBy(criterion.threshold)
    const lrs = (): number[] => optimizer.paramGroups.map(({ lr }) => lr)
    this.#notices = new Notices(who, lrs, history.warnings)
    const notices = this.#notices
    const common = { who, model, criterion, eagerly, metrics, manner, notices, ranks }
    this.#modes = Modes.of(model)
    const training = { ...common, modes: this.#modes, optimizer, accumulate, clipGradNorm }
    this.#trainer = new Trainer(training)
    const validating = { ...common, modes: Modes.evaluating(model), optimizer: null, accumulate: 1 }
    this.#evaluator = new Trainer(validating)
    this.#everySteps = checkpoint?.everySteps ?? Infinity
    this.#details = new Details(settings)
    this.#byStep = scheduler !== undefined && settings.schedulerInterval === 'step'
    this.#byBatch = callbacks.some((callback) => callback.onBatchEnd !== undefined)
    const epoch = history.epochs.length
    const step = history.steps
    this.#from = { epoch, steps: 0, batches: 0, step, tally: null, stopped: null }
    this.#end = epoch + settings.epochs
    this.#epoch = epoch
    this.#step = step
    this.#callbacks = new CallbackList(this.#own(callbacks), this.#modes, () => {
      const [epoch, step] = [this.#epoch, this.#step]
      return { model, optimizer, epoch, step, sync: manner.sync }
    })
  }

  /** Whether it is the one process that writes files and tells of its progress. */
  get #isFirst(): boolean {
    return this.#ranks === null || this.#ranks.rank === 0
  }

  /** Those that this process calls. */
  #own(callbacks: readonly Callback[]): readonly Callback[] {
    return this.#isFirst ? callbacks : callbacks.filter(({ writesFiles }) => writesFiles !== true)
  }

  get #stopped(): boolean {
    return this.#callbacks.stopped !== null
  }

  get #loader(): Batches {
    return this.#settings.split?.training ?? this.#settings.loader
  }

  get #validation(): Batches | undefined {
    return this.#settings.split?.held ?? this.#settings.validation
  }

  /** Where the epoch goes on; null for one that begins anew. */
  get #resumed(): Position | null {
    return this.#epoch === this.#from.epoch && this.#from.steps > 0 ? this.#from : null
  }

  /** Counted from 1, as people do and as progress shows it. */
  get #epochName(): string {
    return `epoch ${this.#epoch + 1} of ${this.#end}`
  }

  *toTheEnd(): Flow<History> {
    try {
      const history = yield* this.#training()
      yield* this.#ranks?.end() ?? []
      return history
    } catch (error) {
      yield* this.#ranks?.fail(error, this) ?? []
      keepHistory(error, this.#settings.history)
      throw error
    }
  }

  *#training(): Flow<History> {
    try {
      if (this.#isFirst) this.#checkpoint?.open()
      yield* this.#begin()
    } catch (error) {
      this.#checkpoint?.close()
      this.#before.restore()
      throw error
    }
    const release = protect(this.#settings.model)
    try {
      return yield* this.#epochs()
    } finally {
      release()
      this.#checkpoint?.close()
      // Unless someone has switched the model to evaluation meanwhile.
      if (this.#settings.model.training) this.#before.restore()
    }
  }

  *#epochs(): Flow<History> {
    const { history } = this.#settings
    const errors: unknown[] = []
    let outcome: Outcome = 'completed'
    try {
      yield* this.#callbacks.begin()
      for (; this.#epoch < this.#end && !this.#stopped; this.#epoch++) yield* this.#oneEpoch()
      if (this.#stopped) outcome = 'stopped'
    } catch (error) {
      outcome = this.#outcomeOf(error)
      if (outcome !== 'stopped') errors.push(error)
    }
    yield* this.#finish(outcome, errors)
    if (errors.length === 0) return history
    if (outcome !== 'aborted') history.outcome = 'failed'
    for (const error of errors.slice(1)) {
      warn(`${this.#settings.who}: after the error that ended the training: ${show(error)}`)
    }
    throw errors[0]
  }

  #outcomeOf(error: unknown): Outcome {
    if (error instanceof Stopped) return 'stopped'
    const { signal } = this.#settings.manner
    return signal?.aborted === true && error === signal.reason ? 'aborted' : 'failed'
  }

  /** Finds its place: the beginning, or where the checkpoint has it. */
  *#begin(): Flow<void> {
    const { resume, epochs, progress, split, history } = this.#settings
    yield* this.#ranks?.compare(this.#settings) ?? []
    const found = resume ? yield* this.#load() : null
    if (resume) this.#end = epochs
    yield* this.#ranks?.begin(this.#settings) ?? []
    if (found === null) split?.draw()
    else {
      this.#from = found
      this.#epoch = found.epoch
      this.#step = found.step
      this.#callbacks.stopped = found.stopped
    }
    history.steps = this.#step
    history.stopped = this.#callbacks.stopped
    this.#checkBatches()
    this.#details.begin(this.#loader, this.#validation, this.#ranks?.facts ?? null)
    this.#progress = progressOf(progress && this.#isFirst, this.#end, samplesOf(this.#loader))
  }

  /** Where the checkpoint goes on, of which rank 0 gives the others the bytes; null when there is none. */
  *#load(): Flow<Position | null> {
    const checkpoint = this.#checkpoint!
    const read = (): Flow<Uint8Array | undefined> => checkpoint.read()
    const who = `checkpoint ${this.#settings.checkpoint!.path}`
    return checkpoint.load(yield* this.#ranks?.readFirst(who, read) ?? read())
  }

  /** @throws ValueError when more than one epoch is to come of what gives its batches once. */
  #checkBatches(): void {
    const second = this.#epoch + 2
    if (this.#end < second) return
    const { who, loader, validation } = this.#settings
    checkRepeatable(who, 'the loader', loader, second)
    if (validation !== undefined) checkRepeatable(who, 'validation', validation, second)
  }

  *#oneEpoch(): Flow<void> {
    const { history, optimizer } = this.#settings
    yield* this.#callbacks.tell((callback, context) => callback.onEpochBegin?.(context))
    this.#progress!.begin(this.#epoch)
    const start = performance.now()
    const waited = this.#ranks?.waitedSeconds ?? 0
    const tally = yield* this.#train()
    if (this.#ranks !== null) {
      yield* this.#ranks.adopt(this.#settings.model.buffers())
      yield* this.#ranks.align()
    }
    const seconds = (performance.now() - start) / 1000
    const ranks = yield* this.#waiting(seconds, waited)
    this.#notices.grown(this.#epochName, tally.first, tally.last.loss)
    const measured = tally.measured()
    const gradNorm = this.#details.gradNorm()
    const trained = performance.now()
    yield* this.#validate(measured)
    const validationSeconds = (performance.now() - trained) / 1000
    history.mode = this.#trainer.reason === null ? 'captured' : 'eager'
    history.reason = this.#trainer.reason
    const lrs = optimizer.paramGroups.map(({ lr }) => lr)
    const samplesPerSecond = (tally.rows - (this.#resumed?.tally?.rows ?? 0)) / seconds
    const times = { seconds, validationSeconds, samplesPerSecond, ...ranks }
    const record: EpochRecord = {
      epoch: this.#epoch,
      ...measured,
      lr: lrs[0]!,
      lrs,
      gradNorm,
      ...times,
    }
    history.epochs.push(record)
    yield* this.#details.endEpoch(this.#epoch)
    this.#progress!.end(record)
    yield* this.#endEpoch(measured.logs, ranks)
  }

  /** How far the ranks have kept each other waiting; nothing of one alone. */
  *#waiting(seconds: number, before: number): Flow<Pick<EpochRecord, 'ranks'>> {
    if (this.#ranks === null) return {}
    const waited = this.#ranks.waitedSeconds - before
    return { ranks: yield* this.#ranks.waiting(waited, seconds) }
  }

  /** All steps of an epoch, or those that a resumed one has left. */
  *#train(): Flow<Tally> {
    const resumed = this.#resumed
    if (this.#ranks !== null) yield* this.#ranks.align()
    // A resumed epoch has its own order again, then goes on drawing where it stopped.
    let drawn = resumed === null ? this.#checkpoint?.beginEpoch() : this.#checkpoint!.rewindEpoch()
    const before = this.#step - (resumed?.steps ?? 0)
    const options: EpochOptions = {
      name: this.#epochName,
      pause: this.#byStep || this.#byBatch ? 1 : this.#everySteps,
      done: resumed === null ? undefined : { ...resumed, tally: resumed.tally! },
      onOrder: () => {
        drawn?.()
        drawn = undefined
      },
      onProgress: (rows) => {
        this.#progress!.update(rows)
      },
      onSteps: (steps, batches, sofar) => {
        this.#step = before + steps
        this.#settings.history.steps = this.#step
        return this.#afterSteps(steps, batches, sofar)
      },
    }
    return yield* this.#trainer.epoch(this.#loader, options)
  }

  /** Between two steps, of which so many of the epoch are done. */
  *#afterSteps(steps: number, batches: number, sofar: Tally): Flow<void> {
    if (this.#byStep) (this.#settings.scheduler as LRScheduler).step()
    this.#progress!.update(sofar.rows, sofar.loss)
    if (this.#byBatch) {
      const { loss, ignored } = sofar.last
      const logs = { loss }
      yield* this.#callbacks.tell((callback, context) =>
        callback.onBatchEnd?.({ ...context, logs, ignored }),
      )
      if (this.#stopped) throw new Stopped()
    }
    if (steps % this.#everySteps !== 0) return
    const tally = sofar.stateDict()
    yield* this.#save({ epoch: this.#epoch, steps, batches, tally, stopped: null })
  }

  /** Adds what validation came to, under names of its own. */
  *#validate({ logs, results }: Measured): Flow<void> {
    const validation = this.#validation
    if (validation === undefined) return
    const tally = yield* evaluateWith(
      this.#evaluator,
      validation,
      `the validation of ${this.#epochName}`,
    )
    const validated = tally.measured()
    for (const [name, value] of Object.entries(validated.logs)) logs[validationName(name)] = value
    for (const [name, result] of Object.entries(validated.results)) {
      results[validationName(name)] = result
    }
  }

  *#endEpoch(logs: Logs, ranks: Pick<EpochRecord, 'ranks'>): Flow<void> {
    const { scheduler } = this.#settings
    if (scheduler instanceof ReduceLROnPlateau) scheduler.step(logs['valLoss'] ?? logs['loss']!)
    else if (!this.#byStep) scheduler?.step()
    yield* this.#callbacks.tell((callback, context) =>
      callback.onEpochEnd?.({ ...context, logs, ...ranks }),
    )
    const { stopped } = this.#callbacks
    yield* this.#save({ epoch: this.#epoch + 1, steps: 0, batches: 0, tally: null, stopped })
  }

  /** However the training ends. What goes wrong keeps nothing else from its end. */
  *#finish(outcome: Outcome, errors: unknown[]): Flow<void> {
    const { history } = this.#settings
    this.#progress!.close()
    history.outcome = outcome
    history.stopped = this.#callbacks.stopped
    history.steps = this.#step
    const succeeded = outcome === 'completed' || outcome === 'stopped'
    try {
      if (succeeded) yield* this.#details.end(this.#trainer, this.#modes)
    } catch (error) {
      errors.push(error)
    }
    errors.push(...(yield* this.#callbacks.end(outcome)))
    try {
      yield* this.#checkpoint?.finish() ?? []
    } catch (error) {
      errors.push(error)
    }
  }

  *#save(position: Omit<Position, 'step'>): Flow<void> {
    if (this.#checkpoint === null || !this.#isFirst) return
    yield* this.#checkpoint.save({ ...position, step: this.#step })
  }
}

function samplesOf(loader: Batches): number | null {
  const { numSamples } = loader as { numSamples?: unknown }
  return typeof numSamples === 'number' ? numSamples : null
}
