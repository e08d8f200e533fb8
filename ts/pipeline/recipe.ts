import type { Task } from '../data/preprocessing/target-encoding.js'

/** What a pipeline chooses where nothing is said. */
export interface Recipe {
  readonly epochs: number
  readonly batchSize: number
  readonly lr: number
  readonly weightDecay: number
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[]
  readonly dropout: number
  /** Of `CrossEntropyLoss`. */
  readonly labelSmoothing: number
}

/** Fewer rows are learned by heart: they get fewer and smaller steps, and more that holds against it. */
const FEW_ROWS = 2000

/** By the rows of the training; measured by `npm run bench:tables`. */
export function recipeOf(rows: number, task: Task): Recipe {
  const few = rows < FEW_ROWS
  const batchSize = few ? 32 : 128
  const epochs = Math.ceil((few ? 1000 : 4000) / Math.ceil(rows / batchSize))
  return {
    epochs: Math.min(200, Math.max(few ? 10 : 5, epochs)),
    batchSize,
    lr: few ? 1e-3 : 3e-3,
    weightDecay: few && task === 'classification' ? 4.5 : 0.1,
    hidden: [64, 64],
    dropout: few ? 0.3 : 0.1,
    labelSmoothing: few ? 0.02 : 0,
  }
}
