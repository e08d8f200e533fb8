export type { Batches, BatchSource } from './batches.js'
export type { CheckpointOptions } from './checkpoint.js'
export type { TrainingFacts } from './details/facts.js'
export type { LayerRecord, LayerTimes } from './details/layers.js'
export type { WeightHistogram, WeightRecord } from './details/weights.js'
export { evaluate, type EvaluateOptions, evaluateSync } from './evaluate.js'
export { fit, fitSync } from './fit.js'
export type { FitOptions, FitSyncOptions, MetricChoice } from './fit-options.js'
export { type EpochRecord, History, type MetricResult } from './history.js'
export { lrFind, type LrFindOptions, type LrFindResult, lrFindSync } from './lr-find.js'
export { predict, type PredictOptions, predictSync } from './predict.js'
export type { ReportOptions } from './report/page.js'
export {
  type GradientFault,
  sanityCheck,
  type SanityCheckOptions,
  sanityCheckSync,
  type SanityReport,
} from './sanity-check.js'
export type { TrainingOptimizer } from './snapshot.js'
export type { Logs } from './tally.js'
