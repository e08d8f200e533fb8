import { complaint, FormatError, ValueError } from '../errors.js'
import { DataLoader } from '../data/data-loader.js'
import { writeAtomically, writeAtomicallySync } from '../io/atomic-write.js'
import type { Module } from '../nn/module.js'
import type { LRScheduler, ReduceLROnPlateau } from '../optim/index.js'
import { defaultGenerator, type Generator } from '../random/generator.js'
import { Tensor } from '../tensor/tensor.js'
import type { Batches } from './batches.js'
import { checkpointToBuffer, readCheckpoint, type State } from './checkpoint-file.js'
import { type Flow, wait } from './flow.js'
import { History } from './history.js'
import type { EpochRecord, WeightRecord } from './records.js'
import { Snapshot, type TrainingOptimizer } from './snapshot.js'
import type { Split } from './split.js'

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
  readonly split: Split | null
  readonly history: History
  readonly callbacks: readonly Resumable[]
}

interface Resumable {
  stateDict?(): Record<string, unknown>
  loadStateDict?(state: Record<string, unknown>): void
}

/** Where a resumed training goes on. */
export interface Position {
  /** The epoch in progress, or the next one, counted from 0. */
  readonly epoch: number
  /** Optimizer steps of it that are done. */
  readonly steps: number
  /** Optimizer steps over all epochs. */
  readonly step: number
  /** What the batches of those steps came to; null at the beginning of an epoch. */
  readonly tally: State
  /** Whether a callback has ended the training. */
  readonly stopped: boolean
}

/**
 * The checkpoint file of a training: everything that its next step depends on. Generators are kept
 * twice, as they were when the epoch began, to draw its order again, and as they are.
 */
export class Checkpoint {
  readonly #path: string
  readonly #sync: boolean
  readonly #parts: TrainingParts
  readonly #generators: readonly Generator[]
  #atEpoch: Tensor[]
  #writing: Promise<void> | null = null

  /** @param sync Whether files are read and written in one go. */
  constructor(path: string, sync: boolean, parts: TrainingParts) {
    this.#path = path
    this.#sync = sync
    this.#parts = parts
    const { model, loader } = parts
    const own =
      loader instanceof DataLoader && loader.generator !== undefined ? [loader.generator] : []
    this.#generators = [...new Set([defaultGenerator, ...model.generators(), ...own])]
    this.#atEpoch = this.#now()
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
   * @throws what the last write has thrown.
   */
  *save(position: Position): Flow<void> {
    const { model, optimizer, scheduler, split, history, callbacks } = this.#parts
    yield* wait(this.#writing)
    const bytes = checkpointToBuffer({
      epoch: position.epoch,
      steps: position.steps,
      step: position.step,
      tally: position.tally,
      stopped: position.stopped,
      model: model.stateDict(),
      optimizer: optimizer.stateDict() as unknown as State,
      scheduler: (scheduler?.stateDict() ?? null) as State,
      split: split?.stateDict() ?? null,
      callbacks: callbacks.map((callback) => (callback.stateDict?.() ?? null) as State),
      generators: this.#now(),
      generatorsAtEpoch: this.#atEpoch,
      history: history.epochs as unknown as State,
      weights: history.weights as unknown as State,
    })
    if (this.#sync) {
      writeAtomicallySync(this.#path, bytes)
      return
    }
    this.#writing = writeAtomically(this.#path, bytes)
    this.#writing.catch(() => undefined) // thrown by the next save or by finish
  }

  /** Waits for the last write. */
  *finish(): Flow<void> {
    yield* wait(this.#writing)
  }

  /**
   * Puts everything as the file has it; null when there is none.
   *
   * @throws FormatError when it is no checkpoint; ValueError, ShapeError, DTypeError when it is one of
   *   another training. Nothing was changed then.
   */
  *load(): Flow<Position | null> {
    const state = (yield* readCheckpoint(this.#path, this.#sync)) as
      Record<string, unknown> | undefined
    if (state === undefined) return null
    const { model, optimizer, scheduler, split, history, callbacks } = this.#parts
    const before = new Snapshot(model, optimizer, this.#generators)
    const schedulerBefore = scheduler?.stateDict()
    try {
      const saved = state['generators'] as Tensor[]
      if (!Array.isArray(saved) || saved.length !== this.#generators.length) {
        const expected = `${this.#generators.length} generators`
        const got = Array.isArray(saved) ? String(saved.length) : 'none'
        throw new ValueError(complaint(`checkpoint ${this.#path}`, 'it', `of ${expected}`, got))
      }
      if ((state['scheduler'] === null) !== (scheduler === undefined)) {
        const got = state['scheduler'] === null ? 'none' : 'one'
        throw new ValueError(
          complaint(`checkpoint ${this.#path}`, 'the scheduler', 'as in the training', got),
        )
      }
      const cut = (state['split'] ?? null) as ReturnType<Split['stateDict']>
      if ((cut === null) !== (split === null)) {
        const got = cut === null ? 'none' : String(cut.fraction)
        throw new ValueError(
          complaint(`checkpoint ${this.#path}`, 'validationSplit', 'as in the training', got),
        )
      }
      if (cut !== null) split!.loadStateDict(cut)
      const records = state['history']
      if (!Array.isArray(records)) throw new FormatError(`checkpoint ${this.#path}: no history`)
      model.loadStateDict(state['model'] as Record<string, Tensor>)
      optimizer.loadStateDict(state['optimizer'] as ReturnType<TrainingOptimizer['stateDict']>)
      scheduler?.loadStateDict(state['scheduler'] as Record<string, unknown>)
      const kept = state['callbacks'] as (Record<string, unknown> | null)[]
      callbacks.forEach((callback, i) => {
        if (kept[i]) callback.loadStateDict?.(kept[i])
      })
      this.#assign(saved)
      this.#atEpoch = state['generatorsAtEpoch'] as Tensor[]
      history.epochs.splice(0, Infinity, ...(records as EpochRecord[]))
      history.weights.splice(0, Infinity, ...((state['weights'] ?? []) as WeightRecord[]))
    } catch (error) {
      before.restore()
      if (schedulerBefore !== undefined) scheduler!.loadStateDict(schedulerBefore)
      throw error
    }
    return {
      epoch: state['epoch'] as number,
      steps: state['steps'] as number,
      step: state['step'] as number,
      tally: state['tally'] as State,
      stopped: state['stopped'] === true,
    }
  }

  #now(): Tensor[] {
    return this.#generators.map((generator) => generator.getState())
  }

  #assign(states: readonly Tensor[]): void {
    this.#generators.forEach((generator, i) => generator.setState(states[i]!))
  }
}
