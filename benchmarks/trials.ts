/** One layer of a trial's network. Square kernels; padding on every side. */
export type LayerSpec =
  | { readonly type: 'linear'; readonly inputs: number; readonly outputs: number }
  | {
      readonly type: 'conv2d'
      readonly inputs: number
      readonly outputs: number
      readonly kernel: number
      readonly stride: number
      readonly padding: number
    }
  /** `rank` 1: rows of features; 2: images. */
  | { readonly type: 'batchNorm'; readonly features: number; readonly rank: 1 | 2 }
  /** Windows side by side. */
  | { readonly type: 'maxPool2d' | 'avgPool2d'; readonly kernel: number }
  /** Over (samples, steps, inputs); of an LSTM the last state alone, of a GRU that of every step. */
  | { readonly type: 'lstm' | 'gru'; readonly inputs: number; readonly outputs: number }
  /** Layers of an encoder over (samples, steps, features), each step of which sees those before it. */
  | {
      readonly type: 'transformer'
      readonly features: number
      readonly heads: number
      readonly hidden: number
      readonly layers: number
    }
  | { readonly type: 'dropout'; readonly p: number }
  | { readonly type: 'relu' | 'sigmoid' | 'tanh' | 'flatten' }
  /** Its input is added to what the layers make of it. */
  | { readonly type: 'residual'; readonly layers: readonly LayerSpec[] }

export type OptimizerSpec =
  | { readonly type: 'sgd'; readonly lr: number; readonly momentum: number }
  | { readonly type: 'adam'; readonly lr: number }

/**
 * A training task. It is data, not code, so that drivers in any language build the same thing.
 * One step is: gather a batch of shuffled rows, forward, loss, backward, optimizer.
 */
export interface Trial {
  readonly name: string
  /** The network in a few words. */
  readonly summary: string
  /** Whether it is a workload of the chart. */
  readonly charted: boolean
  /** Of a sample: (features), (steps, features) or (channels, height, width). */
  readonly inputShape: readonly number[]
  readonly layers: readonly LayerSpec[]
  /** `mse`: float targets (samples, outputs). `crossEntropy`: class indices (samples). */
  readonly loss: 'mse' | 'crossEntropy'
  readonly optimizer: OptimizerSpec
  readonly samples: number
  readonly batch: number
  /**
   * Steps, over batches in the order of the samples, after which losses are compared between drivers.
   * Drivers that are slow stop at the first of the two.
   */
  readonly checkpoints: readonly [number, number]
  /** The loss is that over the first so many samples, the network in training mode. */
  readonly lossSamples: number
  /**
   * How far a driver's loss may be from the middle one of all, relative to it. Without dropout all
   * compute the same numbers but for rounding; with it each has masks of its own.
   */
  readonly lossTolerance: number
  /** What is less in `--quick`. */
  readonly quick?: Partial<Pick<Trial, 'batch' | 'checkpoints' | 'lossSamples'>>
}

const linear = (inputs: number, outputs: number): LayerSpec => ({ type: 'linear', inputs, outputs })
const conv = (
  inputs: number,
  outputs: number,
  kernel: number,
  padding = 0,
  stride = 1,
): LayerSpec => ({
  type: 'conv2d',
  inputs,
  outputs,
  kernel,
  stride,
  padding,
})
const maxPool = (kernel: number): LayerSpec => ({ type: 'maxPool2d', kernel })
const dropout = (p: number): LayerSpec => ({ type: 'dropout', p })
const relu: LayerSpec = { type: 'relu' }
const flatten: LayerSpec = { type: 'flatten' }

/** A convolution of 3 x 3, padded, normalised. */
const block = (inputs: number, outputs: number, stride = 1): LayerSpec[] => [
  conv(inputs, outputs, 3, 1, stride),
  { type: 'batchNorm', features: outputs, rank: 2 },
  relu,
]

const residual = (channels: number): LayerSpec[] => [
  {
    type: 'residual',
    layers: [...block(channels, channels), ...block(channels, channels).slice(0, 2)],
  },
  relu,
]

export const trials: readonly Trial[] = [
  {
    name: 'xor',
    summary: '2-4-1, batch 4',
    charted: false,
    inputShape: [2],
    layers: [linear(2, 4), { type: 'tanh' }, linear(4, 1)],
    loss: 'mse',
    optimizer: { type: 'sgd', lr: 0.02, momentum: 0.9 },
    samples: 256,
    batch: 4,
    checkpoints: [50, 200],
    lossSamples: 256,
    lossTolerance: 0.001,
  },
  {
    name: 'online',
    summary: '1-100-1, sigmoid, SGD, batch 1',
    charted: true,
    inputShape: [1],
    layers: [linear(1, 100), { type: 'sigmoid' }, linear(100, 1)],
    loss: 'mse',
    optimizer: { type: 'sgd', lr: 1e-4, momentum: 0.99 },
    samples: 1000,
    batch: 1,
    checkpoints: [100, 1000],
    lossSamples: 1000,
    lossTolerance: 0.001,
  },
  {
    name: 'tabular',
    summary: '8-32-64-1, batch normalisation, dropout, Adam, batch 64',
    charted: true,
    inputShape: [8],
    layers: [
      linear(8, 32),
      { type: 'batchNorm', features: 32, rank: 1 },
      relu,
      linear(32, 64),
      dropout(0.25),
      { type: 'sigmoid' },
      linear(64, 1),
    ],
    loss: 'mse',
    optimizer: { type: 'adam', lr: 1e-2 },
    samples: 2048,
    batch: 64,
    checkpoints: [4, 8],
    lossSamples: 2048,
    // Over 200 seeds the loss after 8 steps has a standard deviation of 3.8 %; later it grows.
    lossTolerance: 0.3,
  },
  {
    name: 'mnist_dense',
    summary: '784-20-10, SGD, batch 16',
    charted: true,
    inputShape: [784],
    layers: [linear(784, 20), relu, linear(20, 10)],
    loss: 'crossEntropy',
    optimizer: { type: 'sgd', lr: 0.01, momentum: 0 },
    samples: 8192,
    batch: 16,
    checkpoints: [20, 200],
    lossSamples: 1000,
    lossTolerance: 0.001,
  },
  {
    name: 'mnist_smallconv',
    summary: 'four convolutions of one channel, 49-20-10, SGD, batch 16',
    charted: true,
    inputShape: [1, 28, 28],
    layers: [
      conv(1, 1, 3, 1),
      conv(1, 1, 2, 0, 2),
      conv(1, 1, 3, 1),
      conv(1, 1, 2, 0, 2),
      flatten,
      linear(49, 20),
      relu,
      linear(20, 10),
    ],
    loss: 'crossEntropy',
    optimizer: { type: 'sgd', lr: 0.1, momentum: 0 },
    samples: 8192,
    batch: 16,
    checkpoints: [20, 100],
    lossSamples: 1000,
    lossTolerance: 0.001,
  },
  {
    name: 'mnist_mlp',
    summary: '784-512-256-10, Adam, batch 128',
    charted: true,
    inputShape: [784],
    layers: [linear(784, 512), relu, linear(512, 256), relu, linear(256, 10)],
    loss: 'crossEntropy',
    optimizer: { type: 'adam', lr: 1e-3 },
    samples: 8192,
    batch: 128,
    checkpoints: [4, 16],
    lossSamples: 1000,
    lossTolerance: 0.001,
  },
  {
    name: 'mnist_cnn',
    summary: 'convolutions 32-64, pool, dropout, 9216-128-10, Adam, batch 64',
    charted: true,
    inputShape: [1, 28, 28],
    layers: [
      conv(1, 32, 3),
      relu,
      conv(32, 64, 3),
      relu,
      maxPool(2),
      dropout(0.25),
      flatten,
      linear(9216, 128),
      relu,
      dropout(0.5),
      linear(128, 10),
    ],
    loss: 'crossEntropy',
    optimizer: { type: 'adam', lr: 1e-3 },
    samples: 2048,
    batch: 64,
    checkpoints: [1, 4],
    lossSamples: 64,
    lossTolerance: 0.15,
    quick: { batch: 16, checkpoints: [4, 12] },
  },
  {
    name: 'cifar_cnn',
    summary: 'five 3×3 convolutions 64-64-128-128-256 with batch normalisation, SGD, batch 32',
    charted: true,
    inputShape: [3, 32, 32],
    layers: [
      ...block(3, 64),
      ...block(64, 64),
      maxPool(2),
      ...block(64, 128),
      ...block(128, 128),
      maxPool(2),
      ...block(128, 256),
      { type: 'avgPool2d', kernel: 8 },
      flatten,
      linear(256, 10),
    ],
    loss: 'crossEntropy',
    optimizer: { type: 'sgd', lr: 0.02, momentum: 0.9 },
    samples: 1024,
    batch: 32,
    checkpoints: [1, 4],
    lossSamples: 32,
    lossTolerance: 0.01,
    quick: { batch: 4, lossSamples: 4 },
  },
  {
    name: 'residual_cnn',
    summary: 'residual blocks of 16 channels at 14×14 and 32 at 7×7, Adam, batch 32',
    charted: false,
    inputShape: [1, 28, 28],
    layers: [
      ...block(1, 16, 2),
      ...residual(16),
      ...block(16, 32, 2),
      ...residual(32),
      { type: 'avgPool2d', kernel: 7 },
      flatten,
      linear(32, 10),
    ],
    loss: 'crossEntropy',
    optimizer: { type: 'adam', lr: 1e-3 },
    samples: 2048,
    batch: 32,
    checkpoints: [2, 8],
    lossSamples: 256,
    lossTolerance: 0.01,
    quick: { batch: 8, lossSamples: 32 },
  },
  {
    name: 'lstm',
    summary: 'LSTM 16-64 over 50 steps, last state to 1, Adam, batch 32',
    charted: false,
    inputShape: [50, 16],
    layers: [{ type: 'lstm', inputs: 16, outputs: 64 }, linear(64, 1)],
    loss: 'mse',
    optimizer: { type: 'adam', lr: 1e-3 },
    samples: 512,
    batch: 32,
    checkpoints: [4, 16],
    lossSamples: 512,
    lossTolerance: 0.01,
  },
  {
    name: 'gru_char',
    summary: '96-128, GRU 128-128, 128-96 over 64 characters, Adam, batch 32',
    charted: false,
    inputShape: [64, 96],
    layers: [linear(96, 128), { type: 'gru', inputs: 128, outputs: 128 }, linear(128, 96), flatten],
    loss: 'mse',
    optimizer: { type: 'adam', lr: 1e-3 },
    samples: 256,
    batch: 32,
    checkpoints: [2, 8],
    lossSamples: 64,
    lossTolerance: 0.01,
    quick: { batch: 8, lossSamples: 16 },
  },
  {
    name: 'transformer',
    summary:
      '96-128, two causal encoder layers of 4 heads, 128-96 over 64 characters, Adam, batch 32',
    charted: false,
    inputShape: [64, 96],
    layers: [
      linear(96, 128),
      { type: 'transformer', features: 128, heads: 4, hidden: 512, layers: 2 },
      linear(128, 96),
      flatten,
    ],
    loss: 'mse',
    optimizer: { type: 'adam', lr: 1e-3 },
    samples: 256,
    batch: 32,
    checkpoints: [2, 8],
    lossSamples: 64,
    lossTolerance: 0.01,
    quick: { batch: 4, lossSamples: 8 },
  },
]

/** All layers in their order, those of residual blocks in the place of these. */
export function flatLayers(layers: readonly LayerSpec[]): LayerSpec[] {
  return layers.flatMap((layer) => (layer.type === 'residual' ? flatLayers(layer.layers) : layer))
}

/** Numbers of a sample. */
export function inputSize(trial: Trial): number {
  return trial.inputShape.reduce((product, size) => product * size, 1)
}

/** Numbers the network gives a sample. */
export function outputSize(trial: Trial): number {
  const isFlat = trial.layers.at(-1)!.type === 'flatten'
  const last = trial.layers.at(isFlat ? -2 : -1)!
  if (last.type !== 'linear') throw new Error(`${trial.name}: the last layer is not dense`)
  return isFlat ? trial.inputShape[0]! * last.outputs : last.outputs
}
