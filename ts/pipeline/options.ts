import type { Criterion } from '../criterion/criterion.js'
import type { ColumnSpecs } from '../data/preprocessing/column-specs.js'
import { ColumnTransformer } from '../data/preprocessing/column-transformer.js'
import type { Task } from '../data/preprocessing/target-encoding.js'
import { Table } from '../data/table/table.js'
import type { Module } from '../nn/module.js'
import type { Parameter } from '../nn/parameter.js'
import type { LRScheduler, ReduceLROnPlateau } from '../optim/index.js'
import {
  callable,
  choice,
  flag,
  list,
  type Option,
  type Options,
  positive,
  required,
  signal,
  text,
  unchecked,
  whole,
} from '../options.js'
import { type Generator, generatorOption } from '../random/generator.js'
import { THREADS } from '../threads.js'
import type { FitOptions, MetricChoice } from '../train/fit-options.js'
import { ONLINE, type OnlineTrainerOptions } from '../train/online-trainer.js'
import type { TrainingOptimizer } from '../train/snapshot.js'

export interface PipelineOptions<S extends ColumnSpecs = ColumnSpecs> {
  /** The column that is predicted. */
  target: string
  /** Default: a number for a column of numbers of which there are more than two, else classes. */
  task?: Task
  /** How columns become numbers. Default: what fits their types, `ColumnTransformer.for`. */
  columns?: ColumnTransformer<S>
  /**
   * Makes the network from the number of its inputs and outputs: an output for each class, or one. Default:
   * two hidden layers of 64 with ReLU and dropout.
   */
  network?: (inputs: number, outputs: number) => Module
  /**
   * Default: `CrossEntropyLoss` (with `labelSmoothing` 0.02 up to 2,000 rows), whose targets are the numbers of the classes (int32); `MSELoss`, whose
   * targets (n, 1) have mean 0 and deviation 1.
   */
  criterion?: Criterion
  /**
   * Makes the optimizer. Default: `AdamW` with `lr`, which rises in the first tenth of the epochs and then
   * falls to 0 by half a cosine.
   */
  optimizer?: (parameters: Parameter[]) => TrainingOptimizer
  /** Makes the schedule of an optimizer of your own; it moves on after each epoch. Default: none. */
  scheduler?: (optimizer: TrainingOptimizer, epochs: number) => LRScheduler | ReduceLROnPlateau
  /** Rows of a step. Default: 32, or 128 from 2,000 rows on. */
  batchSize?: number
  /** Highest learning rate of the default optimizer. Default: 1e-3, or 3e-3 from 2,000 rows on. */
  lr?: number
}

const COLUMNS: Option<ColumnTransformer | undefined> = {
  initial: undefined,
  expected: 'a ColumnTransformer, as new data.ColumnTransformer({ column: transformer, … }) is',
  accepts: (value) => value instanceof ColumnTransformer,
}

export const PIPELINE = {
  target: required(text()),
  task: choice(['classification', 'regression']),
  columns: COLUMNS,
  network: callable<(inputs: number, outputs: number) => Module>(),
  criterion: unchecked<Criterion>(),
  optimizer: callable<(parameters: Parameter[]) => TrainingOptimizer>(),
  scheduler:
    callable<(optimizer: TrainingOptimizer, epochs: number) => LRScheduler | ReduceLROnPlateau>(),
  batchSize: whole(1),
  lr: positive(),
} satisfies Options<PipelineOptions>

/** Weights of classes by name, or `balanced`: rows / (classes · rows of the class). */
export type ClassWeights = 'balanced' | Readonly<Record<string, number>>

export interface PipelineFitOptions extends Pick<
  FitOptions,
  | 'callbacks'
  | 'clipGradNorm'
  | 'accumulate'
  | 'signal'
  | 'threads'
  | 'priority'
  | 'progress'
  | 'history'
  | 'checkpoint'
  | 'resume'
  | 'capture'
  | 'details'
> {
  /** Passes over the rows. Default: what makes 1,000 steps, or 4,000 from 2,000 rows on; 200 at most. */
  epochs?: number
  /** Rows that the network is evaluated on after each epoch. Nothing is learned from them. */
  validation?: Table
  /** Instead of that: the share of the rows that is held out, of each class alike. */
  validationSplit?: number
  /**
   * Measured in training and validation, of the numbers that the network gives. Default: accuracy, or r2.
   */
  metrics?: readonly MetricChoice[]
  /** Default: all classes count alike. */
  classWeights?: ClassWeights
  /** Draws the rows that are held out. Default: the default generator. */
  generator?: Generator
}

const WEIGHTS: Option<ClassWeights | undefined> = {
  initial: undefined,
  expected: "'balanced' or an object with a number above 0 for each class",
  accepts: (value) =>
    value === 'balanced' ||
    (typeof value === 'object' &&
      value !== null &&
      Object.values(value).every((weight) => positive().accepts(weight))),
}

const SPLIT: Option<number | undefined> = {
  initial: undefined,
  expected: 'a number between 0 and 1',
  accepts: (value) => typeof value === 'number' && value > 0 && value < 1,
}

const TABLE: Option<Table | undefined> = {
  initial: undefined,
  expected: 'a Table',
  accepts: (value) => value instanceof Table,
}

export const FIT = {
  epochs: whole(1),
  validation: TABLE,
  validationSplit: SPLIT,
  metrics: list(unchecked<MetricChoice>()),
  classWeights: WEIGHTS,
  generator: generatorOption,
  callbacks: unchecked<PipelineFitOptions['callbacks']>(),
  clipGradNorm: unchecked<number>(),
  accumulate: unchecked<number>(),
  signal: signal(),
  ...THREADS,
  progress: flag(),
  history: unchecked<PipelineFitOptions['history']>(),
  checkpoint: unchecked<PipelineFitOptions['checkpoint']>(),
  resume: flag(false),
  capture: flag(),
  details: flag(),
} satisfies Options<PipelineFitOptions>

/** How a pipeline learns while it answers. */
export interface PartialFitOptions extends Pick<
  OnlineTrainerOptions,
  'batchSize' | 'replay' | 'replayRows' | 'drift' | 'snapshotEvery' | 'generator'
> {
  /** Of the default optimizer. Default 1e-3. */
  lr?: number
  /** Makes the optimizer. Default: `Adam` with `lr`. */
  optimizer?: (parameters: Parameter[]) => TrainingOptimizer
  /** Latest rows whose columns are compared with the training. Default 500. */
  stabilityRows?: number
  /** Population stability index from which on a column is told. Default 0.25. */
  stabilityThreshold?: number
}

export const PARTIAL_FIT = {
  ...ONLINE,
  lr: positive(),
  optimizer: callable<(parameters: Parameter[]) => TrainingOptimizer>(),
  stabilityRows: whole(1, 500),
  stabilityThreshold: positive(0.25),
} satisfies Options<PartialFitOptions>
