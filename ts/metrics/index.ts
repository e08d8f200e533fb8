export { Accuracy } from './accuracy.js'
export { AUC, type AUCOptions } from './auc.js'
export { type ClassAverage, type ClassScoreOptions, F1, Precision, Recall } from './class-scores.js'
export type { ClassMetricOptions } from './classes.js'
export {
  type ClassCountOptions,
  ConfusionMatrix,
  type ConfusionMatrixOptions,
} from './confusion-matrix.js'
export { MeanAbsoluteError, type MeanErrorOptions, MeanSquaredError } from './mean-error.js'
export { Metric, type MetricState } from './metric.js'
export { R2Score, type R2ScoreOptions } from './r2-score.js'
export { create, register } from './registry.js'
export { TopKAccuracy, type TopKAccuracyOptions } from './top-k-accuracy.js'
