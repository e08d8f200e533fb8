/** What a pipeline chooses where nothing is said. */
export interface Recipe {
  readonly epochs: number
  readonly batchSize: number
  readonly lr: number
  readonly weightDecay: number
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[]
  readonly dropout: number
}

/** By the rows of the training. */
export function recipeOf(rows: number): Recipe {
  const batchSize = Math.min(512, Math.max(32, 2 ** Math.round(Math.log2(rows / 100))))
  const steps = Math.ceil(rows / batchSize)
  const epochs = Math.min(200, Math.max(20, Math.ceil(3000 / steps)))
  return { epochs, batchSize, lr: 3e-3, weightDecay: 0.1, hidden: [64, 64], dropout: 0.2 }
}
