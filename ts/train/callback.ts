import type { Module } from '../nn/module.js'
import type { History } from './history.js'
import type { TrainingOptimizer } from './snapshot.js'
import type { Logs } from './tally.js'

/** What a callback sees of the training it is part of. */
export interface TrainingContext {
  readonly model: Module
  readonly optimizer: TrainingOptimizer
  /** With the epochs that are over, the current one included at its end. */
  readonly history: History
  /** How many epochs there are to be. */
  readonly epochs: number
  /** Ends the training after this epoch. */
  stop(): void
}

export interface EpochEvent {
  /** Counted from 1. */
  readonly epoch: number
  /** Empty at the beginning of an epoch. */
  readonly logs: Readonly<Logs>
}

/** Something that takes part in `fit`. Each method may return a promise, which is waited for. */
export interface Callback {
  onTrainBegin?(context: TrainingContext): unknown
  onEpochBegin?(context: TrainingContext, event: EpochEvent): unknown
  /** After validation and scheduler. */
  onEpochEnd?(context: TrainingContext, event: EpochEvent): unknown
  /** However the training ends, by an error or an aborted signal too. */
  onTrainEnd?(context: TrainingContext): unknown
}
