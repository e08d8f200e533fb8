import { data, fitSync, nn, optim, type Tensor, zeros } from '../../../ts/index.js'
import { mnistFolder, readImages } from '../../support/images.js'
import { conv2d, dense } from './layers.js'

/** A network of the document with what it is trained on and how. */
export interface Run {
  readonly title: string
  readonly make: () => nn.Sequential
  /** Every how many of the 60,000 images is taken, and a quarter of those held out. */
  readonly every: number
  readonly lr: number
  /** The document's steps a second, and its accuracy on the held-out images after each epoch. */
  readonly stepsPerSecond: number
  readonly accuracy: readonly number[]
}

const shrinking = (): nn.Module[] => [
  conv2d(3, 1, 1),
  conv2d(2, 1, 1, { padding: 'valid', stride: 2 }),
]

export const runs = {
  dense: {
    title: 'dense 784-10',
    make: () => new nn.Sequential(new nn.Flatten(), dense(784, 10), new nn.Softmax(1)),
    every: 3,
    lr: 0.01,
    stepsPerSecond: 114,
    accuracy: [0.85, 0.87, 0.88, 0.89, 0.89],
  },
  hidden: {
    title: 'dense 784-20-10',
    make: () =>
      new nn.Sequential(
        new nn.Flatten(),
        dense(784, 20),
        new nn.ReLU(),
        dense(20, 10),
        new nn.Softmax(1),
      ),
    every: 6,
    lr: 0.001,
    stepsPerSecond: 29,
    accuracy: [0.27, 0.41, 0.49, 0.57, 0.65],
  },
  conv: {
    title: 'four convolutions, dense 49-20-10',
    make: () =>
      new nn.Sequential(
        ...shrinking(),
        ...shrinking(),
        new nn.Flatten(),
        dense(49, 20),
        new nn.ReLU(),
        dense(20, 10),
        new nn.ReLU(),
        new nn.Softmax(1),
      ),
    every: 10,
    lr: 0.001,
    stepsPerSecond: 9,
    accuracy: [0.35, 0.43, 0.48, 0.5, 0.51],
  },
} satisfies Record<string, Run>

export type RunName = keyof typeof runs

/** Every n-th training image, with its label as a row of one 1 among zeros. */
export async function everyNth(n: number): Promise<data.Dataset<[Tensor, Tensor]>> {
  const { tensors } = await readImages(mnistFolder(), 'train', 60_000)
  const [images, digits] = tensors
  const labels = zeros([60_000, 10])
  for (let i = 0; i < labels.shape[0]!; i++) labels.data[10 * i + digits.data[i]!] = 1
  const indices = Array.from({ length: Math.ceil(60_000 / n) }, (_, i) => n * i)
  const all = new data.TensorDataset([images, labels] as const, { scale: [1 / 255, null] })
  return new data.Subset<[Tensor, Tensor]>(all, indices)
}

/**
 * Network.fit of the document: batches of 16 in a fixed order, the last one left out unless it is
 * full; gradients of the samples are averaged, which is the reduction `mean`.
 */
export function learn(
  run: Run,
  samples: data.Dataset<[Tensor, Tensor]>,
  epochs: number,
): { accuracy: number[]; stepsPerSecond: number } {
  const model = run.make()
  const loader = new data.DataLoader(samples, { batchSize: 16, dropLast: true })
  const history = fitSync(model, loader, {
    criterion: new nn.ProbabilityCrossEntropyLoss(),
    optimizer: new optim.SGD(model.parameters(), { lr: run.lr }),
    epochs,
    validationSplit: 0.25,
    metrics: ['accuracy'],
  })
  const speeds = history.epochs.map(({ samplesPerSecond }) => samplesPerSecond / 16)
  return { accuracy: history.values('valAccuracy'), stepsPerSecond: Math.max(...speeds) }
}
