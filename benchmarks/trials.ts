/** One layer of a trial's network; dense layers carry their sizes. */
export type LayerSpec =
  | { readonly type: 'linear'; readonly inputs: number; readonly outputs: number }
  | { readonly type: 'relu' | 'sigmoid' | 'tanh' }

export type OptimizerSpec =
  | { readonly type: 'sgd'; readonly lr: number; readonly momentum: number }
  | { readonly type: 'adam'; readonly lr: number }

/**
 * A training task. It is data, not code, so that drivers in any language build the same thing.
 * One step is: gather a batch of shuffled rows, forward, loss, backward, optimizer.
 */
export interface Trial {
  readonly name: string
  readonly layers: readonly LayerSpec[]
  /** `mse`: float targets (samples, outputs). `crossEntropy`: class indices (samples). */
  readonly loss: 'mse' | 'crossEntropy'
  readonly optimizer: OptimizerSpec
  readonly samples: number
  readonly batch: number
  /** Steps before anything is timed; the loss must have fallen after them. */
  readonly learnSteps: number
}

const linear = (inputs: number, outputs: number): LayerSpec => ({ type: 'linear', inputs, outputs })

export const trials: readonly Trial[] = [
  {
    name: 'xor',
    layers: [linear(2, 4), { type: 'tanh' }, linear(4, 1)],
    loss: 'mse',
    optimizer: { type: 'sgd', lr: 0.02, momentum: 0.9 },
    samples: 256,
    batch: 4,
    learnSteps: 1000,
  },
  {
    name: 'online',
    layers: [linear(1, 100), { type: 'sigmoid' }, linear(100, 1)],
    loss: 'mse',
    optimizer: { type: 'sgd', lr: 1e-4, momentum: 0.99 },
    samples: 1000,
    batch: 1,
    learnSteps: 1000,
  },
  {
    name: 'mnist_dense',
    layers: [linear(784, 20), { type: 'relu' }, linear(20, 10)],
    loss: 'crossEntropy',
    optimizer: { type: 'sgd', lr: 0.01, momentum: 0 },
    samples: 8192,
    batch: 16,
    learnSteps: 200,
  },
  {
    name: 'mnist_mlp',
    layers: [
      linear(784, 512),
      { type: 'relu' },
      linear(512, 256),
      { type: 'relu' },
      linear(256, 10),
    ],
    loss: 'crossEntropy',
    optimizer: { type: 'adam', lr: 1e-3 },
    samples: 8192,
    batch: 128,
    learnSteps: 16,
  },
]

/** Numbers a sample has when it enters the network. */
export function inputSize(trial: Trial): number {
  const first = trial.layers[0]!
  if (first.type !== 'linear') throw new Error(`${trial.name}: the first layer has no size`)
  return first.inputs
}

/** Numbers the network gives a sample. */
export function outputSize(trial: Trial): number {
  for (const layer of [...trial.layers].reverse()) if (layer.type === 'linear') return layer.outputs
  throw new Error(`${trial.name}: no layer has a size`)
}
