import { complaint, ValueError } from '../errors.js'
import { DataLoader } from '../data/data-loader.js'
import { writeAtomically, writeAtomicallySync } from '../io/atomic-write.js'
import { FileLock } from '../io/file-lock.js'
import type { Metric } from '../metrics/metric.js'
import type { Module } from '../nn/module.js'
import type { LRScheduler, ReduceLROnPlateau } from '../optim/index.js'
import { defaultGenerator, type Generator } from '../random/generator.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Batches } from './batches.js'
import type { Callback } from './callbacks/callback.js'
import type { State } from './checkpoint-encoding.js'
import {
  checkpointToBuffer,
  checkSaved,
  checkState,
  readCheckpoint,
  savedIn,
} from './checkpoint-file.js'
import type { Order, Position, Saved } from './checkpoint-state.js'
import { type Flow, wait } from './flow.js'
import type { History } from './history.js'
import { Snapshot, type TrainingOptimizer } from './snapshot.js'
import type { ValidationSplit } from './split.js'

export interface CheckpointOptions {
  /** One file, replaced each time; its folder must exist. */
  path: string
  /** Optimizer steps between two checkpoints within an epoch. Default: only the ends of epochs. */
  everySteps?: number
}

/** What takes part in a training and carries something on from epoch to epoch. */
export interface TrainingParts {
  readonly model: Module
  readonly optimizer: TrainingOptimizer
  readonly scheduler: LRScheduler | ReduceLROnPlateau | undefined
  readonly loader: Batches
  readonly split: ValidationSplit | null
  readonly history: History
  readonly metrics: readonly Metric<unknown>[]
  readonly callbacks: readonly Callback[]
  readonly accumulate: number
  readonly ranks: number
}

const BEGINNING: Position = { epoch: 0, steps: 0, batches: 0, step: 0, tally: null, stopped: null }

/** What an epoch in progress may have otherwise, where there are more or fewer processes. */
const CUT = { batchSize: null, accumulate: null, ranks: null }

type StatefulCallback = Callback & Required<Pick<Callback, 'stateDict' | 'loadStateDict'>>

/**
 * The checkpoint file of a training: everything that its next step depends on. Generators are kept
 * twice, as they were when the epoch began, to draw its order again, and as they are.
 */
export class Checkpoint {
  readonly #path: string
  readonly #sync: boolean
  readonly #parts: TrainingParts
  readonly #stateful: readonly StatefulCallback[]
  readonly #generators: readonly Generator[]
  #atEpoch: readonly Tensor[]
  #lock: FileLock | null = null
  #writing: Promise<void> | null = null

  /**
   * @param sync Whether files are read and written in one go.
   * @throws ValueError when something has a state that could not be saved, or not be loaded.
   */
  constructor(path: string, sync: boolean, parts: TrainingParts) {
    this.#path = path
    this.#sync = sync
    this.#parts = parts
    const { model, loader } = parts
    const own =
      loader instanceof DataLoader && loader.generator !== undefined ? [loader.generator] : []
    this.#generators = [...new Set([defaultGenerator, ...model.generators(), ...own])]
    this.#atEpoch = this.#now()
    this.#stateful = statefulOf(parts.callbacks)
    for (const callback of this.#stateful) {
      checkState(`the state of ${callback.constructor.name}`, callback.stateDict() as State)
    }
    checkSaved(`checkpoint ${path}`, this.#state(BEGINNING))
  }

  /**
   * Keeps others from writing the file until it is closed.
   *
   * @throws LockedError when another training does; what the file system throws.
   */
  open(): void {
    this.#lock = new FileLock(this.#path, !this.#sync)
  }

  close(): void {
    this.#lock?.release()
    this.#lock = null
  }

  /** Says that an epoch begins now. */
  beginEpoch(): void {
    this.#atEpoch = this.#now()
  }

  /**
   * Puts generators where they were when the epoch began. Whoever has drawn its order then calls the
   * function that is returned, which puts them where the checkpoint found them.
   */
  rewindEpoch(): () => void {
    const now = this.#now()
    this.#assign(this.#atEpoch)
    return () => {
      this.#assign(now)
    }
  }

  /**
   * Takes down the state as it is now; unless that is to be in one go, it is written while the training
   * goes on.
   *
   * @throws what the last write has thrown; ValueError when a callback has a state that cannot be saved.
   */
  *save(position: Position): Flow<void> {
    yield* wait(this.#writing)
    const bytes = checkpointToBuffer(`checkpoint ${this.#path}`, this.#state(position))
    const { file, token } = this.#lock!
    this.#lock!.check()
    if (this.#sync) {
      writeAtomicallySync(file, bytes, token)
      return
    }
    this.#writing = writeAtomically(file, bytes, token)
    this.#writing.catch(() => undefined) // thrown by the next save or by finish
  }

  #state(position: Position): Saved {
    const { model, optimizer, scheduler, split, history } = this.#parts
    return {
      ...position,
      order: this.#order(),
      model: model.stateDict(),
      optimizer: optimizer.stateDict(),
      scheduler: scheduler?.stateDict() ?? null,
      split: split?.stateDict() ?? null,
      callbacks: this.#stateful.map((callback) => callback.stateDict()),
      generators: this.#now(),
      generatorsAtEpoch: this.#atEpoch,
      history: history.epochs,
      warnings: history.warnings,
      weights: history.weights,
    }
  }

  /** Waits for the last write. */
  *finish(): Flow<void> {
    yield* wait(this.#writing)
  }

  /** The bytes of the file; undefined when there is none. */
  read(): Flow<Uint8Array | undefined> {
    return readCheckpoint(this.#path, this.#sync)
  }

  /**
   * Puts everything as the bytes of a file have it; null when there are none.
   *
   * @throws FormatError when it is no checkpoint, or damaged; ValueError, ShapeError, DTypeError when it is
   *   one of another training. Nothing was changed then.
   */
  load(bytes: Uint8Array | undefined): Position | null {
    const who = `checkpoint ${this.#path}`
    if (bytes === undefined) return null
    const saved = savedIn(who, bytes)
    this.#checkFit(who, saved)
    const batches = this.#batchesOf(who, saved)
    const undo: (() => void)[] = []
    try {
      for (const { change, back } of this.#changes(saved)) {
        undo.unshift(back)
        change()
      }
    } catch (error) {
      for (const back of undo) attempt(back)
      throw error
    }
    const { epoch, steps, step, tally, stopped } = saved
    return { epoch, steps, batches, step, tally, stopped }
  }

  /** @throws ValueError when a checkpoint is one of a training with other parts. */
  #checkFit(who: string, saved: Saved): void {
    const { scheduler, split, metrics } = this.#parts
    const complain = (what: string, expected: string, got: string): never => {
      throw new ValueError(complaint(who, what, expected, got))
    }
    const generators = this.#generators.length
    if (saved.generators.length !== generators) {
      complain('it', `of ${generators} generators`, String(saved.generators.length))
    }
    if ((saved.scheduler === null) !== (scheduler === undefined)) {
      const got = saved.scheduler === null ? 'none' : 'one'
      complain('the scheduler', 'as in the training', got)
    }
    if ((saved.split === null) !== (split === null)) {
      const got = saved.split === null ? 'none' : String(saved.split.fraction)
      complain('validationSplit', 'as in the training', got)
    }
    if (saved.callbacks.length !== this.#stateful.length) {
      const names = this.#stateful.map((callback) => callback.constructor.name).join(', ')
      const expected = `those of ${names || 'none'}, the callbacks of the training that have one`
      complain('the states of callbacks', expected, String(saved.callbacks.length))
    }
    if (saved.tally === null) return
    if (saved.tally.metrics.length !== metrics.length) {
      const [expected, got] = [`of ${metrics.length} metrics`, String(saved.tally.metrics.length)]
      complain('the epoch in progress', expected, got)
    }
    const { order } = saved
    const now = this.#order()
    // Other processes may take batches of another size.
    const cut = order !== null && order.ranks !== now?.ranks ? CUT : {}
    const [got, expected] = [order, now].map((each) => JSON.stringify(each && { ...each, ...cut }))
    if (got !== expected) complain('the batches of the epoch in progress', expected!, got!)
  }

  /** The batches of the epoch in progress that are done, counted in those of now. */
  #batchesOf(who: string, { order, batches }: Saved): number {
    const now = this.#order()
    if (batches === 0 || order === null || now === null) return batches
    const samples = Math.min(batches * order.batchSize, order.samples)
    const done = samples / now.batchSize
    if (Number.isInteger(done)) return done
    if (samples === order.samples) return Math.ceil(done)
    const expected = `a divisor of ${samples}, the samples that are done`
    const hint = 'or go on with as many processes as before'
    throw new ValueError(
      complaint(who, 'batchSize in the epoch in progress', expected, now.batchSize, hint),
    )
  }

  /** What loading does, each part all or nothing, with what takes it back. */
  *#changes(saved: Saved): Iterable<{ change: () => void; back: () => void }> {
    const { model, optimizer, scheduler, split, history, metrics } = this.#parts
    const before = new Snapshot(model, optimizer, this.#generators)
    const of = <T>(
      part: { stateDict(): T; loadStateDict(state: T): unknown },
      state: T,
    ): { change: () => void; back: () => void } => {
      const old = part.stateDict()
      return {
        change: () => part.loadStateDict(state),
        back: () => part.loadStateDict(old),
      }
    }
    const nothing = (): void => undefined
    if (saved.split !== null) {
      const cut = saved.split
      yield {
        change: () => {
          split!.loadStateDict(cut)
        },
        back: nothing, // it is cut when the training begins, or not at all
      }
    }
    for (const [i, metric] of metrics.entries()) {
      if (saved.tally !== null) yield of(metric, saved.tally.metrics[i]!)
    }
    yield {
      change: () => {
        model.loadStateDict(saved.model)
        optimizer.loadStateDict(saved.optimizer)
        this.#assign(saved.generators)
      },
      back: () => {
        before.restore()
      },
    }
    if (scheduler !== undefined) yield of(scheduler, saved.scheduler!)
    for (const [i, callback] of this.#stateful.entries()) yield of(callback, saved.callbacks[i]!)
    this.#atEpoch = saved.generatorsAtEpoch
    history.epochs.splice(0, Infinity, ...saved.history)
    history.weights.splice(0, Infinity, ...saved.weights)
    history.warnings.splice(0, Infinity, ...saved.warnings)
  }

  /** What the steps of an epoch are counted in. */
  #order(): Order | null {
    const { loader, accumulate, ranks } = this.#parts
    if (!(loader instanceof DataLoader)) return null
    const { numSamples: samples, batchSize, dropLast } = loader
    return { samples, batchSize, dropLast, accumulate, ranks }
  }

  #now(): Tensor[] {
    return this.#generators.map((generator) => generator.getState())
  }

  #assign(states: readonly Tensor[]): void {
    this.#generators.forEach((generator, i) => generator.setState(states[i]!))
  }
}

/** The callbacks that carry something on. @throws ValueError for one that could not get it back. */
function statefulOf(callbacks: readonly Callback[]): StatefulCallback[] {
  return callbacks.filter((callback): callback is StatefulCallback => {
    if (callback.stateDict === undefined) return false
    if (callback.loadStateDict !== undefined) return true
    throw new ValueError(
      `checkpoint: ${callback.constructor.name} has a stateDict but no loadStateDict`,
    )
  })
}

/** What goes wrong on the way back does not hide why. */
function attempt(back: () => void): void {
  try {
    back()
  } catch {
    // a callback that does not take its own state
  }
}
