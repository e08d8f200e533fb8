import type { Info } from '../info.js'
import type { Shape } from '../tensor/tensor.js'

/** What an epoch logs: numbers by name. */
export type Logs = Record<string, number>

/** The log of a name; undefined where there is none, also of `constructor`. */
export function logOf(logs: Readonly<Logs>, name: string): number | undefined {
  return Object.hasOwn(logs, name) ? logs[name] : undefined
}

/** The log of the validation data beside that of the training data: `loss` is `valLoss`. */
export function validationName(log: string): string {
  return `val${log.charAt(0).toUpperCase()}${log.slice(1)}`
}

/** What a metric came to, fit for JSON. */
export type MetricResult =
  | number
  | string
  | boolean
  | null
  | readonly MetricResult[]
  | { readonly [key: string]: MetricResult }

/** One epoch of a training. */
export interface EpochRecord {
  /** Counted from 0. */
  readonly epoch: number
  /**
   * `loss`, the metrics by name, `gradNorm` where gradients were clipped, and the same of the validation
   * as `valLoss`, `valAccuracy`, …
   */
  readonly logs: Readonly<Logs>
  /**
   * Metrics that are no single number, named as in the logs: the rows of a `confusionMatrix`, a
   * `precision` for each class, …
   */
  readonly results: Readonly<Record<string, MetricResult>>
  /** Learning rate of the first parameter group at the end of the epoch. */
  readonly lr: number
  /** Learning rates of all parameter groups at the end of the epoch. */
  readonly lrs: readonly number[]
  /**
   * Norm of all gradients together as the last step of the epoch used them; null where details are not
   * recorded.
   */
  readonly gradNorm: number | null
  /** Wall time of training and of validation. */
  readonly seconds: number
  readonly validationSeconds: number
  /** Samples trained on in a second, by all ranks together. */
  readonly samplesPerSecond: number
  /** Where several processes train together. */
  readonly ranks?: RanksRecord
}

/** How far the processes of a training have kept each other waiting, in one epoch. */
export interface RanksRecord {
  /**
   * By rank: seconds of the training, validation aside, for which it stood still until others had come and what was
   * exchanged had arrived. What is exchanged while it computes is none of them. The rank with the fewest is the one
   * that the others waited for.
   */
  readonly waitingSeconds: readonly number[]
  /**
   * Share of the time in which the ranks did not wait: 1 - sum of `waitingSeconds` / sum of the seconds of all ranks.
   * They train on `efficiency` times as many samples a second as they would if none of them ever had to wait.
   */
  readonly efficiency: number
}

/** How a callback has ended a training. */
export interface StopRecord {
  /** The callback's class; `callback 2` for an object without one. */
  readonly by: string
  /** What it gave as the reason; empty when it gave none. */
  readonly reason: string
  /** The epoch in progress, counted from 0. */
  readonly epoch: number
  /** Steps of the optimizer until then. */
  readonly step: number
}

/** How to read the logs of a metric. */
export interface MetricFacts {
  readonly name: string
  readonly higherIsBetter: boolean | null
  readonly isShare: boolean
}

/** A process of a training of several. */
export interface RankFacts {
  readonly host: string
  /** Cores that it may run on. Other ranks of its machine may have the same ones. */
  readonly cores: number
  /** Threads that it computes with. */
  readonly threads: number
}

/** What was trained, how, and where. */
export interface TrainingFacts {
  /** When `fit` was called: ISO 8601, in UTC. */
  readonly started: string
  /** Version, machine, backend, threads. */
  readonly environment: Info
  /** The model as it prints. */
  readonly model: string
  /** Elements of all parameters. */
  readonly parameters: number
  /** Names of the classes. */
  readonly criterion: string
  readonly optimizer: string
  readonly scheduler: string | null
  /** The processes that train together, by rank; null for one alone. `environment` is that of this one. */
  readonly ranks: readonly RankFacts[] | null
  /** Of each rank. Null where the loader does not tell. */
  readonly batchSize: number | null
  readonly samples: number | null
  readonly validationSamples: number | null
  readonly metrics: readonly MetricFacts[]
  /** Batches whose gradients make one optimizer step. */
  readonly accumulate: number
  /** Largest norm of the gradients; null where they are not clipped. */
  readonly clipGradNorm: number | null
  /** Labels of the `ConfusionMatrix`, where it has some. */
  readonly labels: readonly string[] | null
}

/** A module of the model. */
export interface LayerRecord {
  /** `''` for the model itself. */
  readonly path: string
  /** `Linear(784, 128)`. */
  readonly module: string
  /** Modules around it. */
  readonly depth: number
  /** Elements of its own parameters. A shared one counts where it comes first. */
  readonly parameters: number
  /** Null, as all that follow, when it was not run. Of the batch that was timed. */
  readonly outputShape: Shape | null
  readonly multiplyAdds: number | null
  /** Of a pass over the batch that was timed, without modules inside. */
  readonly forwardMs: number | null
  readonly backwardMs: number | null
}

/** The modules of a model and how long each takes in a training step. */
export interface LayerTimes {
  /** In the order of `namedModules`. */
  readonly layers: readonly LayerRecord[]
  /** Of the criterion; null when nothing was timed. */
  readonly criterionMs: number | null
  /** Samples of the batch that was timed; null when none was. */
  readonly samples: number | null
  /** Why nothing was timed; null when it was. */
  readonly reason: string | null
}

/** How the elements of a parameter are distributed; those that are not finite count nowhere else. */
export interface WeightHistogram {
  /** 0, as all others, where nothing is finite. */
  readonly min: number
  readonly max: number
  readonly mean: number
  /** Standard deviation of these elements (divided by their number). */
  readonly std: number
  /** Elements that are NaN or infinite. */
  readonly notFinite: number
  /** Elements in each of equal intervals between min and max. */
  readonly counts: readonly number[]
}

/** The parameters of a model at the end of an epoch. */
export interface WeightRecord {
  /** Counted from 0. */
  readonly epoch: number
  /** By path. */
  readonly parameters: Readonly<Record<string, WeightHistogram>>
}

/** How much a model needs a column. */
export interface ColumnImportance {
  readonly name: string
  /** What the score loses, on average, when the column's cells are shuffled; below 0 where it gains. */
  readonly importance: number
  /** Standard deviation of that over the repeats. */
  readonly deviation: number
}

/** How much a model needs each column. */
export interface Importance {
  /** What the score is. */
  readonly metric: 'accuracy' | 'r2'
  /** With all columns as they are. */
  readonly score: number
  readonly rows: number
  /** How often each column was shuffled. */
  readonly repeats: number
  /** The most important first. */
  readonly columns: readonly ColumnImportance[]
}

/** A step of a series in a report: what came, what was forecast, or both. */
export interface ForecastStep {
  /** Of the series; null where there is one. */
  readonly key: string | null
  readonly time: Date | number
  /** 1 for the first step that was forecast, 0 for the one before. */
  readonly step: number
  /** The forecast and its interval: all three, or none. */
  readonly value?: number
  readonly lower?: number
  readonly upper?: number
  /** What came, where it is known. */
  readonly actual?: number
}

export interface ReportOptions {
  /** Default `Training report`. */
  title?: string | number
  /** Names of the classes, in the order of their indices. Default: the labels of the `ConfusionMatrix`. */
  labels?: readonly (string | number)[]
  /** How much the model needs each column: what `data.permutationImportance` gives. */
  importance?: Importance
  /**
   * What is drawn over time: what `Forecaster.recent`, `Forecaster.predict` and `Forecaster.backtest` give,
   * one after the other, as `[...model.recent(), ...model.predict()]`.
   */
  forecasts?: readonly ForecastStep[]
}
