export { lrFind, type LrFindOptions, type LrFindResult, lrFindSync } from './lr-find.js'
export {
  type GradientFault,
  sanityCheck,
  type SanityCheckOptions,
  sanityCheckSync,
  type SanityReport,
} from './sanity-check.js'
export type { TrainingOptimizer } from './snapshot.js'
