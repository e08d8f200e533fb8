export type { Batches, BatchSource } from './batches.js'
export type { CheckpointOptions } from './checkpoint.js'
export { evaluate, type EvaluateOptions, evaluateSync, type Evaluation } from './evaluate.js'
export { fit, fitSync } from './fit.js'
export type { FitOptions, FitSyncOptions, MetricChoice } from './fit-options.js'
export { History, historyOf } from './history.js'
export { lrFind, type LrFindOptions, type LrFindResult, lrFindSync } from './lr-find.js'
export {
  OnlineTrainer,
  type OnlineTrainerOptions,
  type PartialFitResult,
} from './online-trainer.js'
export { PageHinkley, type PageHinkleyOptions } from './page-hinkley.js'
export { predict, type PredictOptions, predictSync } from './predict.js'
export type {
  ColumnImportance,
  EpochRecord,
  ForecastStep,
  Importance,
  LayerRecord,
  LayerTimes,
  Logs,
  MetricFacts,
  MetricResult,
  RankFacts,
  RanksRecord,
  ReportOptions,
  StopRecord,
  TrainingFacts,
  WeightHistogram,
  WeightRecord,
} from './records.js'
export {
  type GradientFault,
  sanityCheck,
  type SanityCheckOptions,
  sanityCheckSync,
  type SanityReport,
} from './sanity-check.js'
export type { TrainingOptimizer } from './snapshot.js'
