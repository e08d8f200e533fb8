import { CrossEntropyLoss, type CrossEntropyLossOptions } from '../criterion/cross-entropy.js'
import type { Criterion } from '../criterion/criterion.js'
import { MSELoss } from '../criterion/mse.js'
import type { Task } from '../data/preprocessing/target-encoding.js'

/** What is made small where nothing is said; the options are for classes. */
export function usualCriterion(task: Task, options?: CrossEntropyLossOptions): Criterion {
  return task === 'classification' ? new CrossEntropyLoss(options) : new MSELoss()
}
