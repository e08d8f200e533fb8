export type { Contribution, Explanation, ExplainOptions } from './explanation.js'
export type { PipelineDescription } from './description.js'
export type { PipelineEvaluateOptions, PipelineEvaluation } from './evaluation.js'
export type { TrainingRecord } from './fitted.js'
export type { PipelinePartialFitResult, ShiftedColumn } from './learning.js'
export type {
  ClassWeights,
  PartialFitOptions,
  PipelineFitOptions,
  PipelineOptions,
} from './options.js'
export {
  permutationImportance,
  type PermutationImportanceOptions,
} from './permutation-importance.js'
export { type Answer, Pipeline, type Shares } from './pipeline.js'
export type { ColumnProfile } from './profile.js'
