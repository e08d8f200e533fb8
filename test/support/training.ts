import {
  type FloatDType,
  Generator,
  manualSeed,
  nn,
  optim,
  randn,
  type Tensor,
  tensor,
} from '../../ts/index.js'

/** A network with all that its training step needs, made from a seed. */
export interface Training {
  readonly model: nn.Module
  readonly optimizer: optim.Optimizer<{ lr: number }>
  readonly x: Tensor
  readonly y: Tensor
  /** One step; returns the loss. */
  step(batch: { x: Tensor; y: Tensor }): Tensor
}

const labels = (rows: number, classes: number): Tensor =>
  tensor(
    Array.from({ length: rows }, (_, i) => (i * 7) % classes),
    { dtype: 'int32' },
  )

function training(
  model: nn.Module,
  optimizer: Training['optimizer'],
  criterion: nn.MSELoss | nn.CrossEntropyLoss,
  x: Tensor,
  y: Tensor,
  clip?: number,
): Training {
  return {
    model,
    optimizer,
    x,
    y,
    step(batch) {
      optimizer.zeroGrad()
      const prediction = model.forward(batch.x)
      const loss = criterion.forward(prediction, batch.y)
      model.backwardParameters(batch.x, criterion.backward(prediction, batch.y))
      if (clip !== undefined) nn.utils.clipGradNorm_(model.parameters(), clip)
      optimizer.step()
      return loss
    },
  }
}

/** The optimizers that the networks below do not use, with options that make them keep all their state. */
export const others: Readonly<Record<string, (params: nn.Parameter[]) => Training['optimizer']>> = {
  Adagrad: (params) => new optim.Adagrad(params, { lr: 0.05, lrDecay: 0.1 }),
  RMSprop: (params) => new optim.RMSprop(params, { centered: true, momentum: 0.5, eps: 0.01 }),
  Adadelta: (params) => new optim.Adadelta(params),
  Adamax: (params) => new optim.Adamax(params),
  NAdam: (params) => new optim.NAdam(params, { momentumDecay: 0.3 }),
  RAdam: (params) => new optim.RAdam(params, { betas: [0.9, 0.9] }),
  Rprop: (params) => new optim.Rprop(params),
  Lion: (params) => new optim.Lion(params, { lr: 0.01, weightDecay: 0.1 }),
}

/** Networks that between them use every kind of state a step can carry on. */
export const trainings: Readonly<Record<string, (dtype: FloatDType) => Training>> = {
  'a classifier with SGD and momentum': (dtype) => {
    manualSeed(3)
    const model = new nn.Sequential(
      new nn.Linear(13, 11, { dtype }),
      new nn.ReLU(),
      new nn.Linear(11, 5, { dtype }),
    )
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9, nesterov: true })
    const x = randn([7, 13], { dtype })
    return training(model, optimizer, new nn.CrossEntropyLoss(), x, labels(7, 5))
  },
  'a regression with BatchNorm, Dropout, Adam and clipping': (dtype) => {
    manualSeed(4)
    const model = new nn.Sequential(
      new nn.Linear(8, 32, { dtype }),
      new nn.BatchNorm1d(32, { dtype }),
      new nn.ReLU(),
      new nn.Linear(32, 9, { dtype }),
      new nn.Dropout(0.25, { generator: new Generator(9) }),
      new nn.Sigmoid(),
      new nn.Linear(9, 1, { dtype }),
    )
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.01, amsgrad: true })
    const x = randn([17, 8], { dtype })
    return training(model, optimizer, new nn.MSELoss(), x, randn([17, 1], { dtype }), 0.5)
  },
  'a convolutional network': (dtype) => {
    manualSeed(5)
    const model = new nn.Sequential(
      new nn.Conv2d(2, 6, 3, { padding: 1, dtype }),
      new nn.BatchNorm2d(6, { dtype, momentum: null }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(6, 5, 3, { stride: 2, bias: false, dtype }),
      new nn.Dropout2d(0.3),
      new nn.Flatten(),
      new nn.Linear(20, 4, { dtype }),
    )
    const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 })
    const weight = tensor([1, 2, 3, 4]) // converted for float64
    const criterion = new nn.CrossEntropyLoss({ weight })
    return training(model, optimizer, criterion, randn([3, 2, 10, 10], { dtype }), labels(3, 4))
  },
  ...Object.fromEntries(
    Object.entries(others).map(([name, make]) => [
      `a regression with ${name}`,
      (dtype: FloatDType) => {
        manualSeed(6)
        const model = new nn.Sequential(
          new nn.Linear(5, 7, { dtype }),
          new nn.Tanh(),
          new nn.Linear(7, 1, { dtype }),
        )
        const x = randn([9, 5], { dtype })
        const y = randn([9, 1], { dtype })
        return training(model, make(model.parameters()), new nn.MSELoss(), x, y)
      },
    ]),
  ),
}

/** All numbers that a training has changed: parameters, buffers, optimizer state. */
export function stateOf({ model, optimizer }: Training): number[][] {
  const dict = optimizer.stateDict()
  const moments = Object.values(dict.state).flatMap((entry) =>
    Object.values(entry).filter((value): value is Tensor => typeof value === 'object'),
  )
  return [...Object.values(model.stateDict()), ...moments].map((part) => Array.from(part.data))
}
