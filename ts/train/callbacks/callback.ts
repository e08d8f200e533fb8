import type { Module } from '../../nn/module.js'
import type { RanksRecord } from '../records.js'
import type { TrainingOptimizer } from '../snapshot.js'

/** Numbers by name: `loss`, `accuracy`, `valLoss`, … */
export type Logs = Record<string, number>

/** What a callback is told at any time. */
export interface TrainContext {
  readonly model: Module
  readonly optimizer: TrainingOptimizer
  /** Counted from 0. Before the first epoch, and after a resume, the one that comes next. */
  readonly epoch: number
  /** Steps of the optimizer so far, over all epochs. */
  readonly step: number
  /** Whether it is a training of `fitSync`, which waits for no promise. */
  readonly sync: boolean
  /** Ends the training after the current batch or epoch, as a success. `history.stopped` keeps the first reason. */
  readonly stop: (reason: string) => void
}

export interface BatchContext extends TrainContext {
  /** Of this batch; at least `loss`. */
  readonly logs: Readonly<Logs>
  /** Whether all its targets are ignored: its loss is NaN then, and the epoch's goes on without it. */
  readonly ignored: boolean
}

export interface EpochContext extends TrainContext {
  /** Of the epoch. A callback may add to them for those that come after it. */
  readonly logs: Logs
  /** How far ranks have kept each other waiting, where several processes train together. */
  readonly ranks?: RanksRecord
}

export interface TrainEndContext extends TrainContext {
  /** All epochs done, stopped by a callback, aborted by a signal, or ended by an error. */
  readonly outcome: 'completed' | 'stopped' | 'aborted' | 'failed'
}

/**
 * Something that goes along with a training. Called in the order of the list; a promise is awaited
 * (`fitSync` refuses it), and what it throws ends the training. `onTrainEnd` is called on every way out, for
 * all whose `onTrainBegin` was, whatever another of them throws.
 *
 * @example
 * const printer: callbacks.Callback = {
 *   onEpochEnd: ({ epoch, logs }) => console.log(epoch, logs.loss),
 * }
 */
export interface Callback {
  /** Whether each batch has to be computed module by module in JavaScript for it. */
  readonly needsEager?: boolean
  /** Whether it writes files: of several processes that train together the first alone calls it. */
  readonly writesFiles?: boolean
  onTrainBegin?(context: TrainContext): void | Promise<void>
  onEpochBegin?(context: TrainContext): void | Promise<void>
  onBatchEnd?(context: BatchContext): void | Promise<void>
  onEpochEnd?(context: EpochContext): void | Promise<void>
  onTrainEnd?(context: TrainEndContext): void | Promise<void>
  /**
   * What a resumed training needs: numbers, words, booleans, tensors, null, undefined, and arrays and
   * objects of them. A checkpoint refuses anything else. Also called before the training begins.
   */
  stateDict?(): Record<string, unknown>
  /** Called before `onTrainBegin` of the resumed training. */
  loadStateDict?(state: Record<string, unknown>): void
}
