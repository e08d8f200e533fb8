import {
  data,
  type FitOptions,
  Generator,
  manualSeed,
  nn,
  optim,
  randn,
  type Tensor,
  tensor,
} from '../../ts/index.js'

const ROWS = 53
const BATCH = 8

export interface Setting {
  readonly model: nn.Sequential
  readonly optimizer: optim.Adam
  readonly criterion: nn.CrossEntropyLoss
  /** Both, as `fit` takes them. */
  readonly options: Pick<FitOptions, 'criterion' | 'optimizer'>
  readonly loader: data.DataLoader<readonly [Tensor, Tensor]>
  readonly held: data.DataLoader<readonly [Tensor, Tensor]>
}

/** The same network, data and random numbers each time. */
export function setting(extra: readonly nn.Module[] = []): Setting {
  const generator = new Generator(1)
  const x = randn([ROWS, 6], { generator })
  const y = tensor(
    Array.from({ length: ROWS }, (_, i) => (x.data[6 * i]! > 0 ? 1 : 0) + (i % 3 === 0 ? 1 : 0)),
    { dtype: 'int32' },
  )
  manualSeed(7)
  const model = new nn.Sequential(
    new nn.Linear(6, 10),
    new nn.BatchNorm1d(10),
    new nn.ReLU(),
    new nn.Dropout(0.2),
    ...extra,
    new nn.Linear(10, 3),
  )
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.02 })
  const criterion = new nn.CrossEntropyLoss()
  return {
    model,
    optimizer,
    criterion,
    options: { criterion, optimizer },
    loader: new data.DataLoader([x, y], { batchSize: BATCH, shuffle: true }),
    held: new data.DataLoader([x.narrow(0, 0, 20), y.narrow(0, 0, 20)], { batchSize: 7 }),
  }
}

/** A module that computes in JavaScript. */
export class Doubled extends nn.Module {
  protected override computeOutput(input: Tensor): Tensor {
    const output = input.clone()
    output.data.forEach((value, i) => (output.data[i] = 2 * value))
    return output
  }
  protected override computeGradInput(_input: Tensor, gradOutput: Tensor): Tensor {
    const grad = gradOutput.clone()
    grad.data.forEach((value, i) => (grad.data[i] = 2 * value))
    return grad
  }
}

interface Loop {
  epochs?: number
  accumulate?: number
  clip?: number
  afterStep?: () => void
  afterEpoch?: () => void
}

/** The loop that `fit` stands for. */
export function byHand(
  { model, optimizer, criterion, loader }: Setting,
  loop: Loop = {},
): number[] {
  const { epochs = 3, accumulate = 1, clip, afterStep, afterEpoch } = loop
  const losses: number[] = []
  for (let epoch = 0; epoch < epochs; epoch++) {
    let sum = 0
    const batches = [...loader]
    for (let start = 0; start < batches.length; start += accumulate) {
      const group = batches.slice(start, start + accumulate)
      optimizer.zeroGrad()
      for (const [x, y] of group) {
        const prediction = model.forward(x)
        sum += criterion.forward(prediction, y).item() * y.length
        const gradient = criterion.backward(prediction, y)
        if (group.length > 1)
          gradient.data.forEach((g, i) => (gradient.data[i] = g * (1 / group.length)))
        model.backwardParameters(x, gradient)
      }
      if (clip !== undefined) nn.utils.clipGradNorm_(model.parameters(), clip)
      optimizer.step()
      afterStep?.()
    }
    losses.push(sum / ROWS)
    afterEpoch?.()
  }
  return losses
}

export const weights = ({ model }: Setting): number[][] =>
  Object.values(model.stateDict()).map((part) => Array.from(part.data))

export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}
