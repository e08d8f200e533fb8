import {
  data,
  fit,
  type History,
  manualSeed,
  nn,
  optim,
  randn,
  type Tensor,
  zeros,
} from '../../../ts/index.js'

/** The document's data and network, and all that a training of them needs. */
export interface Setting {
  readonly trainLoader: data.DataLoader<[Tensor, Tensor]>
  readonly testLoader: data.DataLoader<[Tensor, Tensor]>
  readonly model: nn.Sequential
  readonly optimizer: optim.Adam
  readonly criterion: nn.MSELoss
}

/** Mean squared errors over all samples of an epoch. */
export interface Losses {
  readonly train: number
  readonly test: number
}

/** The same data, initial weights and random numbers to come for the same seed. */
export function setting(seed: number): Setting {
  manualSeed(seed)
  const trainLoader = new data.DataLoader(samples(2048), { batchSize: 64, shuffle: true })
  const testLoader = new data.DataLoader(samples(512), { batchSize: 64 })
  const model = new nn.Sequential(
    new nn.Linear(8, 32),
    new nn.BatchNorm1d(32),
    new nn.ReLU(),
    new nn.Linear(32, 64),
    new nn.Dropout(0.25),
    new nn.Sigmoid(),
    new nn.Linear(64, 1),
  )
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-2 })
  return { trainLoader, testLoader, model, optimizer, criterion: new nn.MSELoss() }
}

/** Rows of 8 normal numbers, and the sum of their sines as a column. */
function samples(count: number): [Tensor, Tensor] {
  const x = randn([count, 8])
  const y = zeros([count, 1])
  for (let row = 0; row < count; row++) {
    for (const value of x.select(0, row).data) y.data[row]! += Math.sin(value)
  }
  return [x, y]
}

/** The document's loop. Returns the losses of the last epoch, and tells those of each. */
export function trainByLoop(
  { trainLoader, testLoader, model, optimizer, criterion }: Setting,
  epochs: number,
  tell: (epoch: number, losses: Losses) => void,
): Losses {
  let losses = { train: NaN, test: NaN }
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let [train, test] = [0, 0]

    model.train()
    for (const [x, y] of trainLoader) {
      optimizer.zeroGrad()
      const predictions = model.forward(x)
      const loss = criterion.forward(predictions, y)
      model.backward(x, criterion.backward(predictions, y))
      optimizer.step()
      train += loss.item() * x.shape[0]!
    }

    model.eval()
    for (const [x, y] of testLoader) {
      const predictions = model.forward(x)
      const loss = criterion.forward(predictions, y)
      test += loss.item() * x.shape[0]!
    }

    losses = { train: train / trainLoader.numSamples, test: test / testLoader.numSamples }
    tell(epoch, losses)
  }
  return losses
}

/** The same by `fit`, which runs the steps in the background. */
export function trainByFit(
  { trainLoader, testLoader, model, optimizer, criterion }: Setting,
  epochs: number,
): Promise<History> {
  return fit(model, trainLoader, {
    criterion,
    optimizer,
    epochs,
    validation: testLoader,
    progress: false,
  })
}

/** Whether two models have the same parameters and running statistics, to the last bit. */
export function sameState(a: nn.Module, b: nn.Module): boolean {
  const other = b.stateDict()
  return Object.entries(a.stateDict()).every(([key, { data }]) =>
    data.every((value, i) => value === other[key]!.data[i]),
  )
}
